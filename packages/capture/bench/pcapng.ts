// How fast packets reach a pcapng file, beside editcap copying the same file. Alone: node --conditions=source bench/pcapng.ts
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OUTBOUND, PcapngWriter } from '../src/index.ts';
import type { PacketToWrite } from '../src/index.ts';

export interface PcapngBenchmark {
  readonly packets: number;
  readonly octets: number;
  /** Seconds of each run, in order; the first of either pays for the page cache. */
  readonly ours: readonly number[];
  /** null where editcap is not installed. */
  readonly editcap: readonly number[] | null;
  /** Packets per second of the best run. */
  readonly packetsPerSecond: number;
  /** Best of ours against best of editcap's; null without editcap. */
  readonly timesEditcap: number | null;
}

/**
 * Write packets of 1514 and 66 octets in turn, with direction, checksum bits and packet id, in pieces of 1 MiB.
 * What either program wrote is counted by capinfos where it is installed, since editcap's exit code says nothing.
 */
export async function benchmarkPcapng({ packets = 1_000_000, runs = 5 } = {}): Promise<PcapngBenchmark> {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-pcapng-'));
  try {
    const ours = join(folder, 'ours.pcapng');
    const copy = join(folder, 'copy.pcapng');
    const mine: number[] = [];
    const theirs: number[] = [];
    let octets = 0;
    const installed = spawnSync('editcap', ['-h'], { stdio: 'ignore' }).error === undefined;
    for (let run = 0; run < runs; run++) {
      // Nobody pays for giving up the pages of the run before.
      for (const path of [ours, copy]) rmSync(path, { force: true });
      const start = performance.now();
      octets = writeFile(ours, packets);
      mine.push((performance.now() - start) / 1000);
      if (!installed) continue;
      const copied = performance.now();
      spawnSync('editcap', ['-F', 'pcapng', ours, copy], { stdio: 'ignore' });
      theirs.push((performance.now() - copied) / 1000);
    }
    if (installed) for (const path of [ours, copy]) mustHold(path, packets);
    const best = Math.min(...mine);
    return {
      packets,
      octets,
      ours: mine,
      editcap: installed ? theirs : null,
      packetsPerSecond: packets / best,
      timesEditcap: installed ? Math.min(...theirs) / best : null,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeFile(path: string, packets: number): number {
  const frame = new Uint8Array(1514).fill(0xa5);
  const writer = new PcapngWriter({ interfaces: [{ host: 1, name: 'host-a:eth0' }] });
  const file = openSync(path, 'w');
  let octets = 0;
  const drain = (): void => {
    const bytes = writer.take();
    octets += bytes.length;
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    writer.recycle(bytes);
  };
  const packet: PacketToWrite = {
    interface: 0,
    micros: 1_793_793_600_000_000,
    nanos: 0,
    bytes: frame,
    start: 0,
    end: 0,
    originalLength: 0,
    flags: OUTBOUND,
    frame: 0,
  };
  for (let at = 0; at < packets; at++) {
    packet.end = (at & 1) === 0 ? 1514 : 66;
    packet.originalLength = packet.end;
    packet.micros++;
    packet.nanos = at % 1000;
    packet.frame = at + 1;
    writer.packet(packet);
    if (writer.full) drain();
  }
  drain();
  closeSync(file);
  return octets;
}

function mustHold(path: string, packets: number): void {
  const counted = execFileSync('capinfos', ['-M', '-c', path], { encoding: 'utf8' });
  if (!new RegExp(`: +${packets}\\b`).test(counted)) throw new Error(`capinfos: ${counted}`);
}

if (import.meta.main) console.log(await benchmarkPcapng());
