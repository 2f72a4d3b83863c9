/** CUBIC's curve, its Reno-friendly region and what a loss does to it. @rfc 9438 4, 5.1 */
import { expect, test } from 'vitest';
import type { Congestion } from './congestion.ts';
import { cubic } from './cubic.ts';

const SMSS = 1000;
const RTT = 100_000;
const SECOND = 1_000_000;

/** A controller whose last loss came at a window of `segments`, out of recovery at time 0. */
function afterLossAt(segments: number): Congestion {
  const c = cubic.create(SMSS, 0);
  c.cwnd = segments * SMSS;
  cubic.enterRecovery(c, c.cwnd, SMSS);
  c.cwnd = c.ssthresh;
  cubic.exitRecovery(c, c.cwnd, SMSS);
  return c;
}

/** Every octet of the window is acknowledged once a round trip, until `end`. @returns the windows, one a round trip */
function fly(c: Congestion, from: number, end: number, rtt = RTT): number[] {
  const windows: number[] = [];
  for (let now = from; now <= end; now += rtt) {
    for (let left = c.cwnd; left > 0; left -= SMSS) {
      cubic.acknowledged(c, Math.min(SMSS, left), c.cwnd, SMSS, now, rtt);
    }
    windows.push(c.cwnd / SMSS);
  }
  return windows;
}

// Proves: RFC9438-4.6
test('a loss leaves seven tenths of what was in flight, and never less than two segments', () => {
  const c = cubic.create(SMSS, 0);
  c.cwnd = 100 * SMSS;
  cubic.enterRecovery(c, 90 * SMSS, SMSS);
  expect(c.ssthresh).toBe(63 * SMSS);
  cubic.enterRecovery(c, SMSS, SMSS);
  expect(c.ssthresh).toBe(2 * SMSS);
});

// Proves: RFC9438-5.1 RFC9438-4.2-target
test('the window is back where the loss was after K seconds, flat there, and steep beyond', () => {
  const c = afterLossAt(1000);
  // K is the cube root of 300 / 0.4.
  const k = Math.cbrt(300 / 0.4);
  const windows = fly(c, 0, 2 * k * SECOND);
  const at = (seconds: number) => windows[Math.round((seconds * SECOND) / RTT)];
  expect(windows[0]).toBeLessThan(715);
  expect(at(k / 2)).toBeCloseTo(1000 - 0.4 * (k / 2) ** 3, -1);
  expect(at(k)).toBeCloseTo(1000, -1);
  expect(at(1.5 * k)).toBeCloseTo(1000 + 0.4 * (k / 2) ** 3, -1);
  expect(at(k + 0.5) - at(k - 0.5)).toBeLessThan(2);
});

// Proves: RFC9438-4.3
test('where round trips are short, it grows at least as Reno would', () => {
  const c = afterLossAt(20);
  // 14 segments, and 3 (1 - 0.7) / (1 + 0.7) of one more in each round trip of 1 ms.
  const windows = fly(c, 0, 20_000, 1000);
  expect(windows[10] - windows[0]).toBeGreaterThan(4.5);
  expect(windows[10] - windows[0]).toBeLessThan(6);
  // Beyond the old window, by one whole segment.
  const last = windows.at(-1) ?? 0;
  expect(last - (windows.at(-5) ?? 0)).toBeGreaterThan(3.5);
});

// Proves: RFC9438-4.2-target
test('one round trip never adds more than half of the window', () => {
  const c = afterLossAt(100);
  fly(c, 0, 30 * SECOND, 3 * SECOND);
  const before = c.cwnd;
  fly(c, 60 * SECOND, 60 * SECOND);
  expect(c.cwnd).toBeLessThanOrEqual(1.65 * before);
  expect(c.cwnd).toBeGreaterThan(1.3 * before);
});

// Proves: RFC9438-4.7
test('a second loss below the first gives way: the curve aims lower than that loss', () => {
  const fair = afterLossAt(1000);
  cubic.enterRecovery(fair, 800 * SMSS, SMSS);
  fair.cwnd = fair.ssthresh;
  cubic.exitRecovery(fair, fair.cwnd, SMSS);
  // The loss came at 700 segments, ssthresh is 560, and the plateau lies at 700 (1 + 0.7) / 2.
  const k = Math.cbrt((595 - 560) / 0.4);
  const windows = fly(fair, 0, k * SECOND);
  expect(windows.at(-1)).toBeCloseTo(595, -1);
});

// Proves: RFC9438-4.2
test('while the application has little to send, the window and its clock stand still', () => {
  const [busy, idle] = [afterLossAt(1000), afterLossAt(1000)];
  const windows = fly(busy, 0, 5 * SECOND);
  fly(idle, 0, 2 * SECOND);
  const before = idle.cwnd;
  for (let now = 2 * SECOND; now <= 60 * SECOND; now += RTT) {
    cubic.acknowledged(idle, SMSS, SMSS, SMSS, now, RTT);
  }
  expect(idle.cwnd).toBe(before);
  const resumed = fly(idle, 60 * SECOND + RTT, 63 * SECOND);
  expect(resumed.at(-1)).toBeCloseTo(windows.at(-1) ?? 0, -1);
});

// Proves: RFC9438-4.10
test('below ssthresh it starts as slowly as Reno', () => {
  const c = cubic.create(SMSS, 0);
  expect(c.cwnd).toBe(4 * SMSS);
  cubic.acknowledged(c, SMSS, 4 * SMSS, SMSS, 0, RTT);
  expect(c.cwnd).toBe(5 * SMSS);
});

// Proves: RFC9438-4.8
test('a timeout leaves one segment; the next congestion avoidance begins flat, where slow start ends', () => {
  const c = afterLossAt(1000);
  fly(c, 0, SECOND);
  cubic.timeout(c, c.cwnd, SMSS, true);
  expect(c.cwnd).toBe(SMSS);
  const { ssthresh } = c;
  cubic.timeout(c, SMSS, SMSS, false);
  expect(c.ssthresh).toBe(ssthresh);
  let now = 2 * SECOND;
  for (; c.cwnd < c.ssthresh; now += RTT) fly(c, now, now);
  // From there it is 0.4 t³ segments: a good three after two seconds.
  const from = c.cwnd / SMSS;
  const windows = fly(c, now, now + 2 * SECOND);
  expect((windows.at(-1) ?? 0) - from).toBeGreaterThan(3);
  expect((windows.at(-1) ?? 0) - from).toBeLessThan(20);
});
