// What virtual time costs: all scripts of the project, and a bulk transfer. Alone: node --conditions=source bench/scripts.ts
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createStack, type Stack } from '@tcblab/tcp';
import { createNetwork, createRandom } from '@tcblab/tcp/sim';
import { runScript } from '../src/script/index.ts';

export interface VirtualFigures {
  readonly scripts: number;
  /** Milliseconds of the median script, read and run, once the engine knows the code. */
  readonly medianScript: number;
  /** Full-size data segments that a simulated bulk transfer moves in a second of processor time. */
  readonly segmentsPerSecond: number;
}

const FOLDER = join(import.meta.dirname, '../../../labs/scripts');
const MSS = 1460;
const OCTETS = 256 << 20;
const BITE = 1 << 16;

export function benchmarkVirtual(): VirtualFigures {
  const texts = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.pkt'))
    .map((file) => readFileSync(join(FOLDER, file), 'utf8'));
  for (const text of texts) runScript({ text });
  const times = texts.map((text) => {
    const start = performance.now();
    runScript({ text });
    return performance.now() - start;
  });
  const medianScript = times.toSorted((a, b) => a - b)[times.length >> 1];
  bulk(OCTETS / 8);
  return { scripts: texts.length, medianScript, segmentsPerSecond: OCTETS / MSS / bulk(OCTETS) };
}

/** @returns seconds of processor time */
function bulk(octets: number): number {
  const network = createNetwork({ seed: 1, latency: 500 });
  const client = host(1);
  const server = host(2);
  network.add({ stack: client });
  network.add({ stack: server });
  const listener = server.listen(0, { port: 80 });
  const sender = client.open(0, { address: '10.0.0.2', port: 80 });
  network.touch(1);
  const piece = new Uint8Array(1 << 18);
  let receiver = listener.accept();
  let sent = 0;
  let got = 0;
  const start = process.cpuUsage();
  const { ended } = network.run({
    limit: 1e12,
    until() {
      receiver ??= listener.accept();
      // As programs do: not for every segment.
      if (sent < octets && sender.writable >= BITE) {
        sent += sender.send(network.now, piece, 0, Math.min(piece.length, octets - sent));
        network.touch(1);
      }
      const readable = receiver?.readable ?? 0;
      if (readable >= BITE || got + readable === octets) {
        got += receiver?.receive(network.now, piece) ?? 0;
        network.touch(2);
      }
      return got === octets;
    },
  });
  if (ended !== 'done') throw new Error(`the transfer ended ${ended}, with ${got} of ${octets} octets`);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function host(n: number): Stack {
  return createStack({
    mac: `02:00:00:00:00:0${n}`,
    address: `10.0.0.${n}`,
    prefixLength: 24,
    random: createRandom(n),
    isnSecret: new Uint8Array(16).fill(n),
  });
}

if (import.meta.main) console.log(benchmarkVirtual());
