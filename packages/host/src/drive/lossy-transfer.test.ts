/** Octets between our stack and the kernel where frames are lost; the full sizes are in `bench/lossy.ts`. @rfc 2018, 6675, 8985, 9438 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCapture } from '@tcblab/capture';
import { Segment, parseSegment } from '@tcblab/tcp/wire';
import { needs } from '@tcblab/test-needs';
import { afterEach, beforeEach, expect } from 'vitest';
import { runLossyTransfer } from '../../testing/lossy-transfer.ts';

const MIB = 1 << 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcblab-lossy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { test } = needs('netns', 'socat');

test.for([
  { sender: 'ours', mebibytes: 8, loss: 0, settings: {} },
  { sender: 'ours', mebibytes: 8, loss: 0.01, settings: {} },
  { sender: 'ours', mebibytes: 1, loss: 0.05, settings: {} },
  { sender: 'ours', mebibytes: 2, loss: 0.05, settings: { rack: true, cubic: true } },
  { sender: 'kernel', mebibytes: 8, loss: 0.01, settings: {} },
  { sender: 'kernel', mebibytes: 1, loss: 0.05, settings: {} },
] as const)(
  '$mebibytes MiB sent by $sender arrive whole where a share of $loss is lost, SACK and timestamps in use: $settings',
  { timeout: 60_000 },
  async ({ sender, mebibytes, loss, settings }) => {
    const capture = join(folder, 'host-a.pcapng');
    const octets = mebibytes * MIB;
    const { sent, received } = await runLossyTransfer({ sender, octets, loss, settings, capture }, folder);
    expect(received).toBe(sent);
    // Both SYNs offered both.
    const syns = readCapture(readFileSync(capture)).packets.flatMap(({ bytes }) => synOf(bytes) ?? []);
    expect(syns.length).toBeGreaterThanOrEqual(2);
    for (const syn of syns) expect([syn.sackPermitted, syn.timestamps]).toEqual([true, true]);
  },
);

/** The SYN in a frame of IPv4 without options; null = it is none. */
function synOf(bytes: Uint8Array): Segment | null {
  const isTcp = bytes[12] === 8 && bytes[13] === 0 && bytes[14] === 0x45 && bytes[23] === 6;
  if (!isTcp || (bytes[47] & 2) === 0) return null;
  const segment = new Segment();
  const end = 14 + (bytes[16] << 8) + bytes[17];
  return parseSegment(bytes, 34, end, segment) === null ? segment : null;
}
