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
  { sender: 'ours', family: 'ipv4', mebibytes: 8, loss: 0, settings: {} },
  { sender: 'ours', family: 'ipv4', mebibytes: 4, loss: 0.01, settings: {} },
  { sender: 'ours', family: 'ipv6', mebibytes: 4, loss: 0.01, settings: {} },
  { sender: 'ours', family: 'ipv4', mebibytes: 1, loss: 0.05, settings: {} },
  { sender: 'ours', family: 'ipv6', mebibytes: 2, loss: 0.05, settings: { rack: true, cubic: true } },
  { sender: 'kernel', family: 'ipv4', mebibytes: 4, loss: 0.01, settings: {} },
  { sender: 'kernel', family: 'ipv6', mebibytes: 1, loss: 0.05, settings: {} },
] as const)(
  '$mebibytes MiB sent by $sender over $family arrive whole where a share of $loss is lost, SACK and timestamps in use: $settings',
  { timeout: 60_000 },
  async ({ sender, family, mebibytes, loss, settings }) => {
    const capture = join(folder, 'host-a.pcapng');
    const octets = mebibytes * MIB;
    const { sent, received } = await runLossyTransfer(
      { sender, family, octets, loss, settings, capture },
      folder,
    );
    expect(received).toBe(sent);
    // Both SYNs offered both.
    const syns = readCapture(readFileSync(capture)).packets.flatMap(({ bytes }) => synOf(bytes) ?? []);
    expect(syns.length).toBeGreaterThanOrEqual(2);
    for (const syn of syns) expect([syn.sackPermitted, syn.timestamps]).toEqual([true, true]);
  },
);

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;

/** The SYN in a frame of IPv4 or IPv6, without options or extension headers; null = it is none. */
function synOf(bytes: Uint8Array): Segment | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(12);
  const isTcp = (type === IPV4 && bytes[23] === TCP) || (type === IPV6 && bytes[20] === TCP);
  if (!isTcp) return null;
  const [from, to] = type === IPV4 ? [34, 14 + view.getUint16(16)] : [54, 54 + view.getUint16(18)];
  const segment = new Segment();
  return parseSegment(bytes, from, to, segment) === null && segment.syn ? segment : null;
}
