/** A bulk transfer between two reference stacks over a bad wire, in virtual time. */
import { createHash } from 'node:crypto';
import { createStack } from '@tcblab/tcp';
import { createNetwork, createRandom } from '@tcblab/tcp/sim';
import type { ImpairmentSpec } from '@tcblab/tcp/sim';
import { expect, test } from 'vitest';
import { createEndDriver } from '../scenario/end-driver.ts';
import type { EndPort, EndSocket } from '../scenario/end-port.ts';
import type { EndStep, ScenarioEnd } from '../scenario/scenario.ts';
import { createStackPort } from '../scenario/stack-port.ts';

const MIB = 1_048_576;

/** What went through one end's sockets, as the program there saw it. */
class Meter {
  readonly sent = createHash('sha256');
  readonly received = createHash('sha256');
  /** When octets were received. */
  readonly times: number[] = [];

  around(port: EndPort): EndPort {
    return {
      open: (now, to) => this.#socket(port.open(now, to)),
      listen: (now, at) => {
        const listener = port.listen(now, at);
        const accept = (time: number) => {
          const socket = listener.accept(time);
          return socket === null ? null : this.#socket(socket);
        };
        return { error: listener.error, accept, close: (time) => listener.close(time) };
      },
    };
  }

  #socket(socket: EndSocket): EndSocket {
    return {
      get error() {
        return socket.error;
      },
      get connecting() {
        return socket.connecting;
      },
      send: (now, bytes, from, to) => {
        const taken = socket.send(now, bytes, from, to);
        this.sent.update(bytes.subarray(from, from + taken));
        return taken;
      },
      receive: (now, into, from, to) => {
        const length = socket.receive(now, into, from, to);
        if (length <= 0) return length;
        this.received.update(into.subarray(from, from + length));
        this.times.push(now);
        return length;
      },
      close: (now) => socket.close(now),
      release: (now) => socket.release(now),
      abort: (now) => socket.abort(now),
      state: () => socket.state(),
    };
  }
}

/** The client sends so many octets of the pattern; the server compares every one with what it must be. */
function transfer(octets: number, seed: number, impairment: ImpairmentSpec) {
  const network = createNetwork({ seed, latency: 500 });
  const data = { octets };
  const programs: EndStep['call'][][] = [
    [{ name: 'open', port: 9000 }, { name: 'send', data }, { name: 'close' }, { name: 'receive-end' }],
    [
      { name: 'listen', port: 9000 },
      { name: 'accept' },
      { name: 'receive', data },
      { name: 'receive-end' },
      { name: 'close' },
    ],
  ];
  const drivers = programs.map((calls, index) => {
    const random = createRandom(seed, index + 1);
    const stack = createStack({
      mac: `02:00:00:00:00:0${index + 1}`,
      address: `10.0.0.${index + 1}`,
      prefixLength: 24,
      random,
      isnSecret: Uint8Array.from({ length: 16 }, () => random() & 0xff),
      settings: { minRto: 200_000 },
    });
    const end: ScenarioEnd = {
      role: `end-${index + 1}`,
      host: index === 0 ? 'a' : 'b',
      steps: calls.map((call) => ({ line: 1, on: 'it', call })),
      wire: [],
      states: [],
    };
    const meter = new Meter();
    const port = meter.around(createStackPort(stack));
    const driver = createEndDriver({ end, port, peer: `10.0.0.${2 - index}` });
    driver.prepare(network.now);
    driver.start(network.now);
    const application = {
      step: (now: number) => {
        const wake = driver.step(now);
        stack.takeEvents();
        return wake;
      },
    };
    network.add({ stack, application, impairment });
    return { driver, stack, meter };
  });
  const end = network.run({ until: () => drivers.every(({ driver }) => driver.over), limit: 3_600_000_000 });
  return { end, network, drivers };
}

test('64 MiB arrive whole through 2 % loss, and never stand still for five seconds', () => {
  const { end, drivers } = transfer(64 * MIB, 1, { loss: 0.02 });
  expect(end.ended).toBe('done');
  expect(drivers.map(({ driver }) => driver.report().done)).toEqual([true, true]);
  expect(drivers[1].driver.report().steps[2].octets).toBe(64 * MIB);
  expect(drivers[0].stack.counters.retransmitted).toBeGreaterThan(400);
  const [{ meter: sender }, { meter: receiver }] = drivers;
  expect(receiver.received.digest('hex')).toBe(sender.sent.digest('hex'));
  const gaps = receiver.times.map((time, index) => time - (receiver.times[index - 1] ?? 0));
  // Loss of the same segment again and again doubles the wait each time; with this seed none comes near it.
  expect(Math.max(...gaps)).toBeLessThan(5_000_000);
});

test('8 MiB arrive whole through loss, duplication, reordering and flipped bits at once', () => {
  const { drivers } = transfer(8 * MIB, 2, {
    loss: 0.01,
    duplicate: 0.02,
    reorder: 0.02,
    corrupt: 0.01,
    jitter: 300,
  });
  expect(drivers.map(({ driver }) => driver.report().done)).toEqual([true, true]);
});
