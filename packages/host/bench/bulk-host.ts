/** Our end of the bulk benchmark: `bulk-host.ts send|receive PORT OCTETS [CAPTURE]`, then one line of JSON. */
import { randomBytes } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createStack, Events } from '@tcblab/tcp';
import { createRandom } from '@tcblab/tcp/sim';
import { Host, openRawLink, PieceFile, systemClock, Tap } from '../src/index.ts';

const [, , role, port, octets, capture] = process.argv;
const mac = '02:74:63:62:00:01';
const address = '10.77.0.1';
const stack = createStack({
  mac,
  address,
  prefixLength: 24,
  random: createRandom(1, 1),
  isnSecret: randomBytes(16),
  settings: { minRto: 200_000 },
});
const file = capture === undefined || capture === '' ? undefined : warmFile(capture, Number(octets));
const link = openRawLink({ interface: 'eth0', hear: { mac } });
const clock = systemClock;
const tap =
  file === undefined ? undefined : new Tap({ clock, host: 1, name: 'host-a:eth0', mac, capture: file });
const host = new Host({ clock, link, stack, ...(tap === undefined ? {} : { tap }) });

const total = Number(octets);
const connection = stack.open(host.now(), { address: '10.77.0.2', port: Number(port) });
const chunk = new Uint8Array(1 << 18).fill(0x78);
let moved = 0;
let started = 0;
let finished = false;
let usage = process.cpuUsage();
host.watch(connection, (bits) => {
  if ((bits & Events.CONNECTED) !== 0) {
    started = performance.now();
    usage = process.cpuUsage();
  }
  if (role === 'send') send();
  else receive();
});
host.wake();

function send(): void {
  while (moved < total) {
    const taken = connection.send(host.now(), chunk, 0, Math.min(chunk.length, total - moved));
    moved += taken;
    if (taken < chunk.length && moved < total) return;
    if (moved === total) connection.close(host.now());
  }
  if (connection.ended) void finish();
}

function receive(): void {
  for (let count = 1; count > 0;) {
    count = connection.receive(host.now(), chunk);
    moved += count;
  }
  if (connection.ended && !finished) {
    connection.close(host.now());
    void finish();
  }
}

async function finish(): Promise<void> {
  if (finished) return;
  finished = true;
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(usage);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const statistics = link.statistics();
  await host.close();
  console.log(
    JSON.stringify({
      octets: moved,
      seconds,
      gigabits: (moved * 8) / seconds / 1e9,
      cpuSeconds: (user + system) / 1e6,
      retransmitted: stack.counters.retransmitted,
      statistics,
      unrecorded: tap?.counts.unrecorded ?? 0,
    }),
  );
  process.exit(0);
}

/**
 * A file that is in the page cache before it is written: in a virtual machine the first touch of a page of memory costs
 * twenty times the write that follows, and would be all that is measured.
 */
function warmFile(path: string, size: number): PieceFile {
  const piece = new Uint8Array(1 << 20);
  const fd = openSync(path, 'w+');
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < size * 1.2; at += piece.length) writeSync(fd, piece, 0, piece.length, at);
  }
  return new PieceFile(path, fd);
}
