// What is measured of the driver, inside a namespace that has the veth pair va and vb. One line of JSON for each.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { noOffloads, openRawSocket, setOffloads } from '../index.ts';

/** One figure and the bar that it must reach. */
export interface Measurement {
  readonly name: string;
  /** Ours against the bar's unit of measure; see `details`. */
  readonly ratio: number;
  /** The least ratio that passes; with `atMost`, the greatest. */
  readonly bar: number;
  readonly atMost?: boolean;
  readonly pass: boolean;
  /** The figures behind the ratio, with units. */
  readonly details: string;
}

const FRAME_BYTES = 1514;
/** 1514 octets, preamble, checksum and gap, at 1 Gbit/s. */
const LINE_RATE = 81_000;
/** What counts as having sent at that rate: the sender's own start and end are in its time. */
const RATE_REACHED = 0.995;

type Twin = (...args: (string | number)[]) => Promise<string>;

/** Frames out of one slab as fast as they go, against the same loop in C, turn about. */
async function transmit(twin: Twin): Promise<Measurement> {
  const socket = openRawSocket({ interface: 'va' });
  const slots = 64;
  const slab = new Uint8Array(slots * 2048);
  const offsets = Uint32Array.from({ length: slots }, (_, slot) => slot * 2048 + 2);
  const lengths = new Uint32Array(slots).fill(FRAME_BYTES);
  for (const offset of offsets) slab.fill(0xff, offset, offset + 6).set([0x88, 0xb5], offset + 12);
  const frames = 128_000;
  const ours = () => {
    const start = process.hrtime.bigint();
    for (let sent = 0; sent < frames;) sent += socket.sendBatch(slab, offsets, lengths);
    return frames / seconds(process.hrtime.bigint() - start);
  };
  ours();
  const rounds = [];
  for (let round = 0; round < 9; round++) {
    const [count, time] = (await twin('transmit', 'va', frames, FRAME_BYTES)).split(' ').map(Number);
    rounds.push({ c: count / time, ours: ours() });
  }
  socket.close();
  const ratio = median(rounds.map((round) => round.ours / round.c));
  return {
    name: 'driver: transmit',
    ratio,
    bar: 0.7,
    pass: ratio >= 0.7,
    details: `${thousands(median(rounds.map((round) => round.ours)))} frames/s of ${FRAME_BYTES} octets, C sendmmsg ${thousands(median(rounds.map((round) => round.c)))}`,
  };
}

/** A gigabit's worth of frames for some seconds, none lost; the best of three tries, since the machine may be stolen. */
async function receive(twin: Twin, forSeconds: number): Promise<Measurement> {
  const wanted = LINE_RATE * forSeconds;
  const tries = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const socket = openRawSocket({ interface: 'vb' });
    let heard = 0;
    socket.onReadable(() => {
      for (let batch = socket.receive(); batch.count > 0; batch = socket.receive()) heard += batch.count;
    });
    const usage = process.cpuUsage();
    const [sent, time] = (await twin('pace', 'va', LINE_RATE, wanted, FRAME_BYTES)).split(' ').map(Number);
    await settled(() => heard);
    const { user, system } = process.cpuUsage(usage);
    const { received, dropped } = socket.statistics();
    socket.close();
    tries.push({
      room: socket.receiveBufferBytes,
      heard,
      received,
      dropped,
      rate: sent / time,
      micros: (user + system) / heard,
    });
    // At less than the rate, being without loss would prove nothing.
    if (heard === wanted && sent / time >= RATE_REACHED * LINE_RATE) break;
  }
  const best = tries.toSorted((a, b) => b.heard - a.heard || b.rate - a.rate)[0];
  const ratio = Math.min(best.heard / wanted, best.rate / (RATE_REACHED * LINE_RATE), 1);
  return {
    name: 'driver: receive at 1 GbE line rate',
    ratio,
    bar: 1,
    pass: ratio >= 1,
    details:
      `${best.heard} of ${wanted} frames of ${FRAME_BYTES} octets at ${thousands(best.rate)} frames/s, ` +
      `PACKET_STATISTICS: received ${best.received}, dropped ${best.dropped}; ` +
      `${best.micros.toFixed(2)} µs of processor time each; room for ${(best.room / 2 ** 20).toFixed(1)} MiB of frames ` +
      `(more: sudo sysctl net.core.rmem_max=33554432); try ${tries.indexOf(best) + 1} of ${tries.length}`,
  };
}

/** From the sender's stamp to the callback, against a blocking recv in C, turn about. */
async function latency(twin: Twin, twinPath: string): Promise<Measurement> {
  // Short rounds: a virtual processor wakes up in 5 or in 25 µs for seconds on end, for both of us.
  const frames = 1500;
  const rate = 5000;
  const ours = async () => {
    const socket = openRawSocket({ interface: 'vb' });
    const waits: number[] = [];
    socket.onReadable(() => {
      for (let batch = socket.receive(); batch.count > 0; batch = socket.receive()) {
        const view = new DataView(batch.bytes.buffer);
        for (let i = 0; i < batch.count; i++) {
          const stamp = view.getBigInt64(batch.offsets[i] + 16, true);
          waits.push(Number(process.hrtime.bigint() - stamp));
        }
      }
    });
    await twin('pace', 'va', rate, frames, 64);
    await settled(() => waits.length);
    socket.close();
    return median(waits);
  };
  const c = async () => {
    const child = spawn(twinPath, ['latency', 'vb', String(frames)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    const answer = once(lines, 'line', { signal: AbortSignal.timeout(30_000) });
    await twin('pace', 'va', rate, frames, 64);
    return Number((await answer.finally(() => child.kill('SIGKILL')))[0]);
  };
  await ours();
  const rounds = [];
  for (let round = 0; round < 11; round++) rounds.push({ c: await c(), ours: await ours() });
  const ratio = median(rounds.map((round) => round.ours / round.c));
  return {
    name: 'driver: wire to callback',
    ratio,
    bar: 3,
    atMost: true,
    pass: ratio <= 3,
    details: `p50 ${(median(rounds.map((round) => round.ours)) / 1000).toFixed(1)} µs at ${thousands(rate)} frames/s, C recv ${(median(rounds.map((round) => round.c)) / 1000).toFixed(1)} µs`,
  };
}

/** Wait until a count has stood still for a while. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const seconds = (nanoseconds: bigint) => Number(nanoseconds) / 1e9;
const thousands = (value: number) => `${(value / 1000).toFixed(0)} k`;

if (process.argv[1] === import.meta.filename) {
  const [twinPath, receiveSeconds] = process.argv.slice(2);
  const run = promisify(execFile);
  const twin: Twin = async (...args) => (await run(twinPath, args.map(String))).stdout;
  for (const name of ['va', 'vb']) setOffloads(name, noOffloads);
  const measure = [
    () => transmit(twin),
    () => latency(twin, twinPath),
    () => receive(twin, Number(receiveSeconds)),
  ];
  for (const one of measure) process.stdout.write(`${JSON.stringify(await one())}\n`);
}
