/** A bulk transfer between two reference stacks over a bad wire, in virtual time. */
import { createStack } from '@tcblab/tcp';
import { createNetwork, createRandom } from '@tcblab/tcp/sim';
import type { ImpairmentSpec } from '@tcblab/tcp/sim';
import { expect, test } from 'vitest';
import { createEndDriver } from '../scenario/end-driver.ts';
import type { EndStep, ScenarioEnd } from '../scenario/scenario.ts';
import { createStackPort } from '../scenario/stack-port.ts';

const MIB = 1_048_576;

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
    const driver = createEndDriver({ end, port: createStackPort(stack), peer: `10.0.0.${2 - index}` });
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
    return { driver, stack };
  });
  const end = network.run({ until: () => drivers.every(({ driver }) => driver.over), limit: 3_600_000_000 });
  return { end, network, drivers };
}

test('64 MiB arrive whole through 2 % loss', () => {
  const { end, drivers } = transfer(64 * MIB, 1, { loss: 0.02 });
  expect(end.ended).toBe('done');
  expect(drivers.map(({ driver }) => driver.report().done)).toEqual([true, true]);
  expect(drivers[1].driver.report().steps[2].octets).toBe(64 * MIB);
  expect(drivers[0].stack.counters.retransmitted).toBeGreaterThan(400);
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
