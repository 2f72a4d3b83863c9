/** NewReno's arithmetic. @rfc 5681 3.1, 3.2, 6582 3.2 */
import { expect, test } from 'vitest';
import { initialWindow, newReno } from './congestion.ts';

const SMSS = 1000;

/** A controller in the middle of its work. */
function at(cwnd: number, ssthresh: number) {
  return Object.assign(newReno.create(SMSS, 0), { cwnd, ssthresh });
}

test.each([
  [536, 2144],
  [1095, 4380],
  [1096, 3288],
  [2190, 6570],
  [2191, 4382],
])('segments of %i octets begin with a window of %i', (smss, window) => {
  expect(initialWindow(smss)).toBe(window);
  expect(newReno.create(smss, 0).cwnd).toBe(window);
  expect(newReno.create(smss, 7).cwnd).toBe(7);
});

test('slow start grows by what is acknowledged, at most a segment for each ACK, and only where the window is used', () => {
  const c = at(4000, 10_000);
  newReno.acknowledged(c, 300, 4000, SMSS, 0, 0);
  expect(c.cwnd).toBe(4300);
  newReno.acknowledged(c, 3000, 4000, SMSS, 0, 0);
  expect(c.cwnd).toBe(5300);
  newReno.acknowledged(c, 1000, 2000, SMSS, 0, 0);
  expect(c.cwnd).toBe(5300);
});

test('congestion avoidance grows by one segment for each window acknowledged, and only where it is used', () => {
  const c = at(10_000, 10_000);
  for (let i = 0; i < 9; i++) newReno.acknowledged(c, SMSS, 10_000, SMSS, 0, 0);
  expect(c.cwnd).toBe(10_000);
  newReno.acknowledged(c, SMSS, 10_000, SMSS, 0, 0);
  expect(c.cwnd).toBe(11_000);
  for (let i = 0; i < 100; i++) newReno.acknowledged(c, SMSS, 9_000, SMSS, 0, 0);
  expect(c.cwnd).toBe(11_000);
});

test('a loss halves what was in flight, though not below two segments', () => {
  const c = at(20_000, 2 ** 30);
  newReno.enterRecovery(c, 9_001, SMSS);
  expect(c).toMatchObject({ ssthresh: 4500, cwnd: 7500 });
  newReno.duplicate(c, SMSS);
  expect(c.cwnd).toBe(8500);
  newReno.enterRecovery(c, 1500, SMSS);
  expect(c).toMatchObject({ ssthresh: 2000, cwnd: 5000 });
});

test('a partial ACK takes back what it acknowledges and gives one segment, if it was worth one', () => {
  const c = at(8000, 4000);
  newReno.partialAck(c, 3000, SMSS);
  expect(c.cwnd).toBe(6000);
  newReno.partialAck(c, 999, SMSS);
  expect(c.cwnd).toBe(5001);
  newReno.partialAck(c, 50_000, SMSS);
  expect(c.cwnd).toBe(SMSS);
});

test('a recovery ends at ssthresh, or a segment above what is in flight where that is less', () => {
  const c = at(12_000, 5000);
  newReno.exitRecovery(c, 9000, SMSS);
  expect(c.cwnd).toBe(5000);
  newReno.exitRecovery(c, 2000, SMSS);
  expect(c.cwnd).toBe(3000);
  newReno.exitRecovery(c, 0, SMSS);
  expect(c.cwnd).toBe(2000);
});

// Proves: RFC5681-4.3
test('a timeout leaves one segment, and halves for the first time only', () => {
  const c = at(12_000, 2 ** 30);
  newReno.timeout(c, 10_000, SMSS, true);
  expect(c).toMatchObject({ ssthresh: 5000, cwnd: SMSS });
  newReno.timeout(c, 1000, SMSS, false);
  expect(c).toMatchObject({ ssthresh: 5000, cwnd: SMSS });
});
