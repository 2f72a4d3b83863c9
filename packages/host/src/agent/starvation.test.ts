import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Starvation } from './starvation.ts';

/** Neither work nor turn of the event loop: as if other programs had the processor. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test('a second without the processor is the machine’s fault', async () => {
  const starvation = new Starvation();
  standStill(1300);
  await sleep(150);
  expect(starvation.end('host a')).toMatchObject([
    { what: expect.stringMatching(/^the machine was too busy: host a could not run for \d\.\d s$/) },
  ]);
});

test('short waits are nobody’s fault', async () => {
  const starvation = new Starvation();
  for (let count = 0; count < 5; count++) {
    standStill(250);
    await sleep(1);
  }
  expect(starvation.end('host a')).toEqual([]);
});

test('a program that works, or hangs in its own loop, was not kept from running', () => {
  const starvation = new Starvation();
  const { user, system } = process.cpuUsage();
  const worked = () => process.cpuUsage({ user, system }).user / 1000;
  for (const until = performance.now() + 3000; worked() < 1300 && performance.now() < until;);
  expect(starvation.end('host a')).toEqual([]);
});
