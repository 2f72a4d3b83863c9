import { describe, expect, test } from 'vitest';
import { createInProcessSut } from './in-process.ts';
import type { Batch, CallResult, Sut, Value } from './sut.ts';

const SERVER = '10.0.0.1';
const CLIENT = '10.0.0.2';

function sut(address: string): Sut {
  const isnSecret = Uint8Array.from({ length: 16 }, (_, index) => index);
  return createInProcessSut({ configuration: { address, mtu: 1500, isnSecret, seed: 1, settings: {} } });
}

function text(octets: Value): string {
  return octets instanceof Uint8Array
    ? String.fromCharCode(...octets)
    : `not octets: ${JSON.stringify(octets)}`;
}

function octets(words: string): Uint8Array {
  return Uint8Array.from(words, (letter) => letter.charCodeAt(0));
}

/** Two systems whose packets reach each other at once; time moves only when told. */
class Pair {
  now = 0;
  readonly results: Record<'server' | 'client', CallResult[]> = { server: [], client: [] };
  readonly #suts = { server: sut(SERVER), client: sut(CLIENT) };
  readonly #deadlines = { server: Infinity, client: Infinity };
  #id = 0;

  /** @returns the result if the call returned, undefined while it blocks */
  call(who: 'server' | 'client', name: string, ...args: Value[]): CallResult | undefined {
    const id = ++this.#id;
    this.#take(who, this.#suts[who].call(this.now, id, name, args));
    return this.results[who].find((result) => result.id === id);
  }

  /** As `call`, where the call is expected to return a value at once. */
  value(who: 'server' | 'client', name: string, ...args: Value[]): Value {
    const result = this.call(who, name, ...args);
    if (result === undefined || !('value' in result))
      throw new Error(`${name} gave ${JSON.stringify(result)}`);
    return result.value;
  }

  /** The last result of an end. */
  last(who: 'server' | 'client'): CallResult | undefined {
    return this.results[who].at(-1);
  }

  advance(by: number): void {
    const until = this.now + by;
    for (;;) {
      const next = Math.min(this.#deadlines.server, this.#deadlines.client, until);
      this.now = Math.max(this.now, next);
      for (const who of ['server', 'client'] as const) {
        if (this.#deadlines[who] <= this.now) this.#take(who, this.#suts[who].advance(this.now));
      }
      if (next === until) return;
    }
  }

  #take(who: 'server' | 'client', { packets, results, deadline }: Batch): void {
    this.results[who].push(...results);
    this.#deadlines[who] = deadline;
    const other = who === 'server' ? 'client' : 'server';
    for (const packet of packets) this.#take(other, this.#suts[other].packet(this.now, packet));
  }

  /** Descriptors of both ends of an open connection. */
  connect(): { server: number; client: number } {
    const listening = this.value('server', 'socket');
    this.value('server', 'bind', listening, SERVER, 80);
    this.value('server', 'listen', listening, 5);
    const client = this.value('client', 'socket');
    this.value('client', 'connect', client, SERVER, 80);
    const accepted = this.value('server', 'accept', listening);
    if (!Array.isArray(accepted)) throw new Error('accept gave no list');
    return { server: accepted[0], client: client as number };
  }
}

describe('blocking calls return when what they wait for has happened', () => {
  test('accept waits for a connection and tells who came', () => {
    const pair = new Pair();
    const fd = pair.value('server', 'socket', 'AF_INET', 'SOCK_STREAM', 0);
    expect(fd).toBe(3);
    pair.value('server', 'bind', fd, SERVER, 80);
    pair.value('server', 'listen', fd, 5);
    expect(pair.call('server', 'accept', fd)).toBe(undefined);
    pair.value('client', 'connect', pair.value('client', 'socket'), SERVER, 80);
    expect(pair.last('server')).toEqual({ id: 4, value: [4, CLIENT, expect.any(Number)] });
  });

  test('read waits for bytes, and gives nothing at the end of the stream', () => {
    const pair = new Pair();
    const { server, client } = pair.connect();
    expect(pair.call('server', 'read', server, 100)).toBe(undefined);
    expect(pair.value('client', 'write', client, octets('hello'))).toBe(5);
    expect(text((pair.last('server') as { value: Value }).value)).toBe('hello');
    expect(pair.call('server', 'read', server, 100)).toBe(undefined);
    expect(pair.value('client', 'shutdown', client, 'SHUT_WR')).toBe(0);
    expect(pair.last('server')).toMatchObject({ value: new Uint8Array(0) });
    expect(pair.value('server', 'write', server, octets('still here'))).toBe(10);
    expect(text(pair.value('client', 'recv', client, 4, null))).toBe('stil');
  });

  test('a read that waits returns when its own end shuts reading down', () => {
    const pair = new Pair();
    const { client } = pair.connect();
    expect(pair.call('client', 'read', client, 100)).toBe(undefined);
    pair.value('client', 'shutdown', client, 'SHUT_RD');
    expect(pair.results.client.map(({ id }) => id).at(-1)).toBe(7);
    expect(pair.last('client')).toMatchObject({ value: new Uint8Array(0) });
  });

  test('a descriptor that was closed is given out again', () => {
    const pair = new Pair();
    expect(['socket', 'socket', 'socket'].map((name) => pair.value('client', name))).toEqual([3, 4, 5]);
    pair.value('client', 'close', 4);
    expect([pair.value('client', 'socket'), pair.value('client', 'socket')]).toEqual([4, 6]);
    expect(pair.call('client', 'read', 7, 1)).toMatchObject({ errno: 'EBADF' });
  });

  test('write waits for room, and goes on when the peer reads', () => {
    const pair = new Pair();
    const { server, client } = pair.connect();
    const much = new Uint8Array(60_000).fill(1);
    let written = 0;
    while (pair.call('client', 'write', client, much) !== undefined) written++;
    expect(written).toBeGreaterThan(10);
    const before = pair.results.client.length;
    // What is read opens the window; the window's update lets the rest out.
    for (let round = 0; round < 80 && pair.results.client.length === before; round++) {
      pair.call('server', 'recv', server, 65_536, 'MSG_DONTWAIT');
      pair.advance(200_000);
    }
    expect(pair.results.client.length).toBe(before + 1);
    expect(pair.last('client')).toMatchObject({ value: 60_000 });
  });
});

describe('errors have their POSIX names', () => {
  test('a closed port refuses', () => {
    const pair = new Pair();
    expect(pair.call('client', 'connect', pair.value('client', 'socket'), SERVER, 81)).toMatchObject({
      errno: 'ECONNREFUSED',
    });
  });

  test('a reset is told once; then the stream reads as ended and cannot be written', () => {
    const pair = new Pair();
    const { server, client } = pair.connect();
    pair.value('client', 'setsockopt', client, 'SOL_SOCKET', 'SO_LINGER', [1, 0]);
    pair.value('client', 'close', client);
    expect(pair.call('server', 'read', server, 10)).toMatchObject({ errno: 'ECONNRESET' });
    expect(pair.value('server', 'read', server, 10)).toEqual(new Uint8Array(0));
    expect(pair.call('server', 'write', server, octets('x'))).toMatchObject({ errno: 'EPIPE' });
  });

  test('a socket that does not block says so', () => {
    const pair = new Pair();
    const { server } = pair.connect();
    pair.value('server', 'fcntl', server, 'F_SETFL', 'O_RDWR|O_NONBLOCK');
    expect(pair.call('server', 'read', server, 10)).toMatchObject({ errno: 'EAGAIN' });
    const fd = pair.value('client', 'socket');
    pair.value('client', 'fcntl', fd, 'F_SETFL', 'O_NONBLOCK');
    expect(pair.call('client', 'connect', fd, SERVER, 80)).toMatchObject({ errno: 'EINPROGRESS' });
    expect(pair.value('client', 'getsockopt', fd, 'SOL_SOCKET', 'SO_ERROR')).toBe(0);
    expect(pair.call('client', 'connect', fd, SERVER, 80)).toMatchObject({ errno: 'EISCONN' });
  });

  test.each([
    ['nosuchcall', [], 'ENOSYS'],
    ['toString', [], 'ENOSYS'],
    ['read', [99, 10], 'EBADF'],
    ['read', ['three', 10], 'EINVAL'],
    ['listen', [3, 5], 'EINVAL'],
    ['read', [3, 10], 'ENOTCONN'],
    ['shutdown', [3, 'SHUT_WR'], 'ENOTCONN'],
    ['connect', [3, 'nowhere', 80], 'EINVAL'],
    ['connect', [3, SERVER, 0], 'EINVAL'],
    ['setsockopt', [3, 'IPPROTO_TCP', 'TCP_FASTOPEN', 1], 'ENOPROTOOPT'],
  ] as [string, Value[], string][])('%s(%j) is %s', (name, args, errno) => {
    const pair = new Pair();
    pair.value('client', 'socket');
    expect(pair.call('client', name, ...args)).toMatchObject({ errno });
  });

  test('a port that is taken', () => {
    const pair = new Pair();
    const [one, two] = [pair.value('server', 'socket'), pair.value('server', 'socket')];
    pair.value('server', 'bind', one, SERVER, 80);
    expect(pair.call('server', 'bind', two, SERVER, 80)).toMatchObject({ errno: 'EADDRINUSE' });
  });
});

test('a packet that nobody answers is sent again at the deadline, and not before', () => {
  const alone = sut(CLIENT);
  const opened = alone.call(0, 1, 'socket', []);
  expect(opened).toEqual({ packets: [], results: [{ id: 1, value: 3 }], deadline: Infinity });
  const first = alone.call(0, 2, 'connect', [3, SERVER, 80]);
  expect(first.packets.length).toBe(1);
  expect(first.results).toEqual([]);
  expect(first.deadline).toBe(1_000_000);
  expect(alone.advance(999_999)).toEqual({ packets: [], results: [], deadline: 1_000_000 });
  const second = alone.advance(1_000_000);
  expect(second.packets.length).toBe(1);
  expect(second.deadline).toBe(3_000_000);
});

test('calls beside the table can be given', () => {
  const extended = createInProcessSut({
    configuration: { address: SERVER, mtu: 1500, isnSecret: new Uint8Array(16), seed: 1, settings: {} },
    calls: { tcpdrop: (_sockets, args) => () => ({ value: args.number(0) + 1 }) },
  });
  expect(extended.call(0, 7, 'tcpdrop', [1]).results).toEqual([{ id: 7, value: 2 }]);
});
