/**
 * A host of ours for tests with real programs: `host.ts '{"does": …}'` in a namespace whose eth0 it joins as 10.77.0.1.
 *
 * It prints `ready`, then what it has to tell as lines of JSON. A line on its stdin makes it list its connections, what it
 * has counted, and the memory that it uses (after a collection where Node runs with `--expose-gc`); the
 * end of stdin makes it finish its capture and exit.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createServer as createHttpServer, get } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createRandom } from '@tcblab/tcp/sim';
import type { ImpairmentSpec } from '@tcblab/tcp/sim';
import { createStack, type Settings } from '@tcblab/tcp';
import {
  connect,
  createServer,
  Host,
  ImpairedDirection,
  openRawLink,
  systemClock as clock,
  Tap,
} from '../src/index.ts';

export interface HostTask {
  readonly does: 'http-server' | 'http-client' | 'answer-hash' | 'send' | 'receive' | 'connect';
  readonly port: number;
  readonly octets?: number;
  readonly capture?: string;
  readonly impairment?: ImpairmentSpec;
  /** It has IPv6 as well, and speaks it with the peer. */
  readonly ipv6?: boolean;
  /** Of the stack; the minimum RTO is 200 ms unless it is said. */
  readonly settings?: Partial<Settings>;
}

const task = JSON.parse(process.argv[2]) as HostTask;
const mac = '02:74:63:62:00:01';
const stack = createStack({
  mac,
  address: '10.77.0.1',
  prefixLength: 24,
  gateway: '10.77.0.2',
  ...(task.ipv6 === true ? { ipv6: { address: 'fd00:77::1', prefixLength: 64 } } : {}),
  random: createRandom(1, 1),
  isnSecret: new Uint8Array(16).fill(7),
  settings: { minRto: 200_000, ...task.settings },
  trace: false,
});
const link = openRawLink({ interface: 'eth0', hear: { mac, groups: stack.link.groups } });
const { impairment: spec, capture } = task;
const host = new Host({
  clock,
  link,
  stack,
  ...(capture === undefined
    ? {}
    : { tap: new Tap({ clock, host: 1, name: 'host-a:eth0', mac, ipv4: '10.77.0.1/24', capture }) }),
  ...(spec === undefined
    ? {}
    : { impairment: { out: new ImpairedDirection(spec, 7, 1), in: new ImpairedDirection(spec, 7, 2) } }),
});
const peer = { host: task.ipv6 === true ? 'fd00:77::2' : '10.77.0.2', port: task.port };

const stdin = createInterface({ input: process.stdin });
stdin.on('line', () =>
  tell({ connections: stack.connections(), counters: stack.counters, memory: memory() }),
);
stdin.on('close', () => void host.close().then(() => process.exit(0)));
console.log('ready');
await work();

async function work(): Promise<void> {
  switch (task.does) {
    case 'http-server': {
      const body = bytes(task.octets ?? 0);
      const http = createHttpServer((_, response) => response.end(body));
      createServer(host, { allowHalfOpen: true }, (socket) => http.emit('connection', socket)).listen(
        task.port,
      );
      return;
    }
    case 'http-client': {
      const createConnection = () => connect(host, { ...peer, allowHalfOpen: true });
      get({ ...peer, path: '/', createConnection }, (response) => {
        void buffer(response).then((body) => tell({ status: response.statusCode, sha256: sha256(body) }));
      });
      return;
    }
    case 'answer-hash':
      // Speaks only when the peer has said all it has to say.
      createServer(host, { allowHalfOpen: true }, (socket) => {
        void buffer(socket).then((body) => socket.end(sha256(body)));
      }).listen(task.port);
      return;
    case 'send': {
      const hash = createHash('sha256');
      const socket = connect(host, peer);
      await pipeline(progress(Readable.from(chunks(task.octets ?? 0)), hash), socket);
      tell({ done: true, sha256: hash.digest('hex'), counters: stack.counters, link: link.statistics() });
      return;
    }
    case 'receive': {
      const hash = createHash('sha256');
      const socket = connect(host, peer);
      for await (const chunk of progress(socket, hash)) void chunk;
      socket.end();
      tell({ done: true, sha256: hash.digest('hex'), counters: stack.counters, link: link.statistics() });
      return;
    }
    case 'connect': {
      const socket = connect(host, peer, () => tell({ connected: true }));
      socket.on('error', (error) => tell({ error: error.message }));
    }
  }
}

/** Pass bytes through, hash them, and tell how many there were at least once a second. */
async function* progress(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  let octets = 0;
  let told = performance.now();
  for await (const chunk of source) {
    hash.update(chunk);
    octets += chunk.length;
    if (performance.now() > told + 1000) {
      told = performance.now();
      tell({ octets });
    }
    yield chunk;
  }
}

function* chunks(octets: number): Generator<Buffer> {
  for (let left = octets, seed = 1; left > 0; seed++) {
    const chunk = bytes(Math.min(left, 1 << 18), seed);
    left -= chunk.length;
    yield chunk;
  }
}

function bytes(octets: number, seed = 1): Buffer {
  const random = createRandom(seed, 1);
  const words = new Uint32Array(Math.ceil(octets / 4)).map(() => random());
  return Buffer.from(words.buffer, 0, octets);
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Octets of live objects and of buffers. */
function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function tell(what: object): void {
  console.log(JSON.stringify(what));
}
