import { describe, expect, test } from 'vitest';
import { createNetwork } from './network.ts';
import type { FrameEndpoint, FrameTap, NetworkOptions } from './network.ts';

const OTHERS = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** The smallest host: sends what it is told to, answers every frame whose first payload octet is above 0 with one less. */
class Echo implements FrameEndpoint {
  readonly maxFrame = 1514;
  readonly heard: { at: number; value: number }[] = [];
  readonly alarms: number[] = [];
  timeout = Infinity;
  readonly #mac: number;
  readonly #out: { to: number[]; value: number; length: number }[] = [];

  constructor(mac: number) {
    this.#mac = mac;
  }

  say(value: number, { to = OTHERS, length = 60 } = {}): void {
    this.#out.push({ to, value, length });
  }

  onFrame(now: number, bytes: Uint8Array, start: number): void {
    const value = bytes[start + 34];
    this.heard.push({ at: now, value });
    if (value > 0) this.say(value - 1, { to: [...bytes.subarray(start + 6, start + 12)] });
  }

  pollTransmit(_now: number, into: Uint8Array, start: number): number {
    const next = this.#out.shift();
    if (next === undefined) return 0;
    into.fill(0, start, start + next.length);
    into.set(next.to, start);
    into.set([2, 0, 0, 0, 0, this.#mac, 0x08, 0x00], start + 6);
    into[start + 23] = 6;
    into[start + 34] = next.value;
    return next.length;
  }

  pollTimeout(): number {
    return this.timeout;
  }

  onTimeout(now: number): void {
    if (now < this.timeout) return;
    this.alarms.push(now);
    this.timeout = Infinity;
  }
}

function pair(options: Partial<NetworkOptions> = {}, link = {}) {
  const network = createNetwork({ seed: 1, latency: 100, ...options });
  const [a, b] = [new Echo(1), new Echo(2)];
  network.add({ stack: a, ...link });
  network.add({ stack: b });
  return { network, a, b };
}

describe('time', () => {
  test('a frame arrives after the latency, and not before', () => {
    const { network, a, b } = pair();
    a.say(0);
    network.touch(1);
    network.advance(99);
    expect(b.heard).toEqual([]);
    network.advance(100);
    expect(b.heard).toEqual([{ at: 100, value: 0 }]);
    expect(network.now).toBe(100);
  });

  test('a conversation runs to its end, and then nothing will ever happen', () => {
    const { network, a, b } = pair();
    a.say(3);
    network.touch(1);
    const end = network.run({ limit: 1_000_000 });
    expect(end.ended).toBe('quiet');
    expect(end.reason).toMatch(/^nothing will ever happen/);
    expect(b.heard.map(({ at }) => at)).toEqual([100, 300]);
    expect(a.heard.map(({ at }) => at)).toEqual([200, 400]);
    expect(network.now).toBe(400);
  });

  test('a run stops at its limit, and the clock stands there', () => {
    const { network, a } = pair();
    a.timeout = 5_000;
    network.touch(1);
    expect(network.run({ limit: 1_000 })).toEqual({
      ended: 'limit',
      reason: 'the time limit came at 1000 µs',
    });
    expect(network.now).toBe(1_000);
    network.advance(5_000);
    expect(a.alarms).toEqual([5_000]);
  });

  test('a run stops when what it waits for is true', () => {
    const { network, a, b } = pair();
    a.say(200);
    network.touch(1);
    expect(network.run({ limit: 1_000_000, until: () => b.heard.length === 5 }).ended).toBe('done');
    expect(network.now).toBe(900);
  });

  test('a host that never rests is named, and the run ends', () => {
    const { network, b } = pair();
    b.onTimeout = () => {};
    b.timeout = 7;
    network.touch(2);
    expect(network.run({ limit: 1_000 })).toEqual({
      ended: 'stuck',
      reason: 'host 2 never rests: more than 1000000 steps at 7 µs',
    });
  });

  test('an application is stepped after a frame and at the time it asked for', () => {
    const network = createNetwork({ seed: 1, latency: 100 });
    const [a, b] = [new Echo(1), new Echo(2)];
    const stepped: number[] = [];
    network.add({ stack: a });
    network.add({ stack: b, application: { step: (now) => (stepped.push(now), now < 50 ? 50 : Infinity) } });
    a.say(0);
    network.touch(1);
    network.run({ limit: 1_000 });
    expect(stepped).toEqual([0, 50, 100]);
  });
});

describe('links', () => {
  test('a bandwidth spaces frames by the time they take on the wire', () => {
    const { network, a, b } = pair({}, { bandwidth: 8_000_000 });
    for (const value of [0, 0, 0]) a.say(value, { length: 1000 });
    network.touch(1);
    network.run({ limit: 1_000_000 });
    expect(b.heard.map(({ at }) => at)).toEqual([1_100, 2_100, 3_100]);
  });

  test('a queue that is full drops the newest', () => {
    const { network, a, b } = pair({}, { bandwidth: 8_000_000, queue: 2_000 });
    for (const value of [0, 0, 0, 0]) a.say(value, { length: 1000 });
    network.touch(1);
    network.run({ limit: 1_000_000 });
    expect(b.heard.length).toBe(2);
  });

  test('a packet longer than the MTU goes no further', () => {
    const { network, a, b } = pair({}, { mtu: 500 });
    a.say(0, { length: 514 });
    a.say(0, { length: 515 });
    network.touch(1);
    network.run({ limit: 1_000_000 });
    expect(b.heard.length).toBe(1);
  });

  test('a rule drops the second frame and nothing else', () => {
    const { network, a, b } = pair({}, { impairment: { frames: [{ nth: 2, action: 'drop' }] } });
    for (const value of [0, 0, 0]) a.say(value);
    network.touch(1);
    network.run({ limit: 1_000_000 });
    expect(b.heard.length).toBe(2);
  });

  test('beyond two hosts, a frame to oneself goes nowhere', () => {
    const network = createNetwork({ seed: 1 });
    const hosts = [new Echo(1), new Echo(2), new Echo(3)];
    for (const stack of hosts) network.add({ stack });
    hosts[0].say(0, { to: [2, 0, 0, 0, 0, 1] });
    network.touch(1);
    network.run({ limit: 1_000_000 });
    expect(hosts.map((host) => host.heard)).toEqual([[], [], []]);
  });

  test('beyond two hosts, frames go only where their address was seen', () => {
    const network = createNetwork({ seed: 1 });
    const hosts = [new Echo(1), new Echo(2), new Echo(3)];
    for (const stack of hosts) network.add({ stack });
    hosts[0].say(2);
    network.touch(1);
    network.run({ limit: 1_000_000 });
    // The first word reaches both; each answers host 1 alone, and host 1 answers each alone.
    expect(hosts.map((host) => host.heard.map(({ value }) => value))).toEqual([
      [1, 1],
      [2, 0],
      [2, 0],
    ]);
  });
});

describe('taps', () => {
  function tapped() {
    const lines: string[] = [];
    const tap: FrameTap = {
      frame: (host, index, now, direction, bytes, start) =>
        lines.push(`${now} host ${host} frame ${index} ${direction} ${bytes[start + 34]}`),
      wire: (host, index, now, event) => lines.push(`${now} host ${host} frame ${index} ${event}`),
    };
    return { tap, lines };
  }

  test('each host counts the frames that pass it, in both directions', () => {
    const { tap, lines } = tapped();
    const { network, a } = pair({ tap });
    a.say(1);
    network.touch(1);
    network.run({ limit: 1_000 });
    expect(lines).toEqual([
      '0 host 1 frame 1 out 1',
      '100 host 2 frame 1 in 1',
      '100 host 2 frame 2 out 0',
      '200 host 1 frame 2 in 0',
    ]);
  });

  test('what the wire does is told of the frame it happened to', () => {
    const { tap, lines } = tapped();
    const impairment = {
      frames: [
        { nth: 1, action: 'drop' },
        { nth: 2, action: 'duplicate' },
      ],
    } as const;
    const { network, a } = pair({ tap }, { impairment });
    a.say(0);
    a.say(0);
    network.touch(1);
    network.run({ limit: 1_000 });
    expect(lines).toEqual([
      '0 host 1 frame 1 out 0',
      '0 host 1 frame 1 lost',
      '0 host 1 frame 2 out 0',
      '0 host 1 frame 2 duplicated',
      '100 host 2 frame 1 in 0',
      '100 host 2 frame 2 in 0',
    ]);
  });

  test('the same seed gives the same frames at the same times', () => {
    const run = (seed: number) => {
      const { tap, lines } = tapped();
      const impairment = { loss: 0.2, duplicate: 0.2, reorder: 0.2, jitter: 300 };
      const { network, a } = pair({ tap, seed }, { impairment });
      for (let value = 0; value < 50; value++) a.say(value);
      network.touch(1);
      network.run({ limit: 1_000_000 });
      return lines;
    };
    expect(run(7)).toEqual(run(7));
    expect(run(8)).not.toEqual(run(7));
  });
});
