import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readCapture } from '@tcblab/capture';
import { Events } from '@tcblab/tcp';
import type { Connection } from '@tcblab/tcp';
import { describeFrame } from '@tcblab/tcp/wire';
import { blameTcp } from './blame-tcp.ts';
import { ImpairedDirection } from '../impair/impaired-direction.ts';
import { twoHosts } from '../two-hosts.fixture.ts';
import { VirtualClock } from '../virtual-clock.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tcblab-host-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const OCTETS = 200_000;
const harm = { loss: 0.05, duplicate: 0.05, reorder: 0.1, corrupt: 0.02, delay: 1000, jitter: 300 };

/** Host a sends to host b over a wire that a's host harms both ways, in virtual time. */
async function transfer(seed: number, name: string) {
  const clock = new VirtualClock();
  const capture = join(folder, name);
  const impairment = { out: new ImpairedDirection(harm, seed, 1), in: new ImpairedDirection(harm, seed, 2) };
  const hosts = twoHosts({ clock, impairment, tapA: { capture }, settings: { minRto: 200_000 } });
  const listener = hosts.b.stack.listen(0, { port: 80 });
  const received: number[] = [];
  const into = new Uint8Array(65_536);
  const take = (connection: Connection) => {
    for (let count = 1; count > 0;) {
      count = connection.receive(clock.now(), into);
      received.push(...into.subarray(0, count));
    }
  };
  hosts.b.watch(listener, () => {
    const connection = listener.accept();
    if (connection === null) return;
    hosts.b.watch(connection, () => take(connection));
    take(connection);
  });
  const connection = hosts.a.stack.open(0, { address: '10.77.0.2', port: 80 });
  const bytes = Uint8Array.from({ length: OCTETS }, (_, index) => index * 7 + (index >> 8));
  hosts.a.watch(connection, (bits) => {
    if ((bits & Events.CONNECTED) !== 0) connection.send(clock.now(), bytes);
  });
  hosts.a.wake();
  clock.run(600_000_000, () => received.length === OCTETS);
  const now = clock.now();
  await hosts.close();
  return { received: Uint8Array.from(received), bytes, now, capture: readFileSync(capture) };
}

describe('a bad wire', () => {
  test('loses nothing for good', async () => {
    const { received, bytes } = await transfer(1, 'a.pcapng');
    expect(Buffer.compare(received, bytes)).toBe(0);
  });

  test('can be repeated to the last bit by its seed', async () => {
    const [first, again, other] = [await transfer(2, '1'), await transfer(2, '2'), await transfer(3, '3')];
    expect(Buffer.compare(first.capture, again.capture)).toBe(0);
    expect(first.now).toBe(again.now);
    expect(Buffer.compare(first.capture, other.capture)).not.toBe(0);
  });

  test('leaves frames in the capture numbered without gaps, in the order of the wire', async () => {
    const { packets } = readCapture((await transfer(4, 'a.pcapng')).capture);
    expect(packets.map(({ id }) => id?.frame)).toEqual(packets.map((_, index) => index + 1));
    const times = packets.map(({ micros }) => micros);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('notes the TCB beside the segment that it belongs to, though ARP came first', async () => {
    const { packets } = readCapture((await transfer(5, 'a.pcapng')).capture);
    const syn = packets.find(({ bytes }) => describeFrame(bytes, 0, bytes.length).includes(': S seq'));
    expect(syn?.comments).toContain('tcb: CLOSED -> SYN-SENT (open, RFC 9293 3.10.1)');
  });
});

describe('an exception', () => {
  const error = new Error('boo');
  const boo = (): never => {
    throw error;
  };

  test.for(['onFrame', 'pollTransmit', 'onTimeout', 'pollTimeout', 'takeEvents', 'takeTrace'] as const)(
    'of %s is the TCP’s',
    (method) => {
      const clock = new VirtualClock();
      const onCrash = vi.fn<(error: unknown, whose: string) => void>();
      const { a, b } = twoHosts({ clock, onCrash, tapA: { onRecord: () => {} } });
      a.stack[method] = boo;
      a.stack.open(0, { address: '10.77.0.2', port: 80 });
      // Nobody answers where a timeout is wanted.
      if (method === 'onTimeout') void b.close();
      b.stack.open(0, { address: '10.77.0.1', port: 80 });
      a.wake();
      b.wake();
      clock.run(60_000_000, () => onCrash.mock.calls.length > 0);
      expect(onCrash).toHaveBeenCalledExactlyOnceWith(error, 'tcp');
    },
  );

  test.for(['received', 'sent', 'explain'] as const)('of the tap in %s is ours', (method) => {
    const clock = new VirtualClock();
    const onCrash = vi.fn<(error: unknown, whose: string) => void>();
    const { a } = twoHosts({ clock, onCrash, tapA: { onRecord: () => {} } });
    if (a.tap !== null) a.tap[method] = boo;
    a.stack.open(0, { address: '10.77.0.2', port: 80 });
    a.wake();
    clock.run(60_000_000, () => onCrash.mock.calls.length > 0);
    expect(onCrash).toHaveBeenCalledExactlyOnceWith(error, 'ours');
  });

  test('of the bad wire is ours', () => {
    const clock = new VirtualClock();
    const onCrash = vi.fn<(error: unknown, whose: string) => void>();
    const out = new ImpairedDirection(harm, 1, 1);
    out.decide = boo;
    const { a } = twoHosts({ clock, onCrash, impairment: { out } });
    a.stack.open(0, { address: '10.77.0.2', port: 80 });
    a.wake();
    clock.run(60_000_000, () => onCrash.mock.calls.length > 0);
    expect(onCrash).toHaveBeenCalledExactlyOnceWith(error, 'ours');
  });
});

describe('a program that throws', () => {
  test('stops the host where somebody wants to know', () => {
    const clock = new VirtualClock();
    const onCrash = vi.fn<(error: unknown, whose: string) => void>();
    const { a } = twoHosts({ clock, onCrash });
    const error = new Error('of the program');
    a.add({
      step() {
        throw error;
      },
    });
    clock.run();
    expect(onCrash).toHaveBeenCalledExactlyOnceWith(error, 'ours');
    a.wake();
    clock.run();
    expect(onCrash).toHaveBeenCalledTimes(1);
  });

  test('is not blamed where it only called the TCP', () => {
    const clock = new VirtualClock();
    const onCrash = vi.fn<(error: unknown, whose: string) => void>();
    const { a } = twoHosts({ clock, onCrash });
    const error = new Error('of the TCP');
    const tcp = blameTcp({
      accept: () => ({
        read(): never {
          throw error;
        },
      }),
    });
    a.add({ step: () => tcp.accept().read() });
    clock.run();
    expect(onCrash).toHaveBeenCalledExactlyOnceWith(error, 'tcp');
  });

  test('throws into the event loop otherwise, and the host goes on', () => {
    const clock = new VirtualClock();
    const { a } = twoHosts({ clock });
    let turns = 0;
    a.add({
      step() {
        turns++;
        if (turns === 1) throw new Error('of the program');
        return Infinity;
      },
    });
    expect(() => clock.run()).toThrow('of the program');
    clock.run();
    expect(turns).toBe(2);
  });
});
