/** What tshark reads from frames of ours. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** What tshark reads from Ethernet frames, with checksums verified: one record of fields for each. */
export function fieldsByTshark(
  frames: readonly Uint8Array[],
  fields: readonly string[],
): Record<string, string>[] {
  const parts: Uint8Array[] = [];
  const head = new DataView(new ArrayBuffer(24));
  for (const [at, value] of [0xa1b2c3d4, 0x0002_0004, 0, 0, 0xffff, 1].entries())
    head.setUint32(at * 4, value);
  parts.push(new Uint8Array(head.buffer));
  for (const [second, frame] of frames.entries()) {
    const record = new DataView(new ArrayBuffer(16));
    for (const [at, value] of [second, 0, frame.length, frame.length].entries())
      record.setUint32(at * 4, value);
    parts.push(new Uint8Array(record.buffer), frame);
  }
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-wire-'));
  try {
    const file = join(folder, 'frames.pcap');
    writeFileSync(file, Buffer.concat(parts));
    const preferences = [
      'ip.check_checksum:TRUE',
      'tcp.check_checksum:TRUE',
      'tcp.relative_sequence_numbers:FALSE',
    ];
    const columns = fields.flatMap((field) => ['-e', field]);
    const args = [
      '-r',
      file,
      '-n',
      '-d',
      'tcp.port==1-65535,data',
      ...preferences.flatMap((one) => ['-o', one]),
      '-T',
      'fields',
      '-E',
      'occurrence=a',
      ...columns,
    ];
    const { stdout, stderr, status } = spawnSync('tshark', args, { encoding: 'utf8', timeout: 60_000 });
    expect(status, stderr).toBe(0);
    const lines = stdout.split('\n').slice(0, -1);
    return lines.map((line) => Object.fromEntries(line.split('\t').map((value, at) => [fields[at], value])));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
