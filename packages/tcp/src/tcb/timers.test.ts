import { expect, test } from 'vitest';
import { TIMER_NAMES, Timers } from './timers.ts';

test.each(TIMER_NAMES)('%s is the next deadline once set, and fires once', (name) => {
  const timers = new Timers();
  expect(timers.next()).toBe(Infinity);
  timers.set(name, 500);
  expect(timers.next()).toBe(500);
  expect(timers.takeDue(499)).toBeNull();
  expect(timers.takeDue(500)).toBe(name);
  expect(timers.takeDue(500)).toBeNull();
  expect(timers.next()).toBe(Infinity);
});

test('a shorter timeout replaces a longer one, and a cancelled one never fires', () => {
  const timers = new Timers();
  timers.set('retransmission', 900);
  timers.set('retransmission', 300);
  timers.set('delayed-ack', 400);
  expect(timers.next()).toBe(300);
  timers.cancel('retransmission');
  expect(timers.takeDue(1000)).toBe('delayed-ack');
  expect(timers.takeDue(1000)).toBeNull();
});
