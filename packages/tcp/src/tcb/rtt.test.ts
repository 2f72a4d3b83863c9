/** Round-trip times and the timeout made from them. @rfc 6298 2 */
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { addSample, backOff, timeout } from './rtt.ts';
import { defaultSettings } from './settings.ts';

const settings = { ...defaultSettings, minRto: 1 };

test('the first sample R gives SRTT = R, RTTVAR = R/2 and RTO = 3R', () => {
  const rtt = addSample(null, 200_000);
  expect(rtt).toEqual({ srtt: 200_000, rttvar: 100_000 });
  expect(timeout(rtt, settings)).toBe(600_000);
});

test('a later sample moves RTTVAR by a quarter, from the SRTT before it, and SRTT by an eighth', () => {
  const rtt = addSample({ srtt: 200_000, rttvar: 100_000 }, 280_000);
  expect(rtt).toEqual({ srtt: 210_000, rttvar: 95_000 });
  expect(timeout(rtt, settings)).toBe(590_000);
});

// Proves: RFC6298-4
test('without variation the clock’s granularity stands in', () => {
  expect(timeout({ srtt: 50_000, rttvar: 0 }, settings)).toBe(51_000);
});

test('the timeout keeps between floor and ceiling, and is the initial one before any sample', () => {
  expect(timeout(null, defaultSettings)).toBe(1_000_000);
  expect(timeout({ srtt: 10, rttvar: 10 }, defaultSettings)).toBe(1_000_000);
  expect(timeout({ srtt: 90_000_000, rttvar: 0 }, defaultSettings)).toBe(60_000_000);
});

test('backing off doubles up to the ceiling', () => {
  expect(backOff(1_000_000, defaultSettings)).toBe(2_000_000);
  expect(backOff(40_000_000, defaultSettings)).toBe(60_000_000);
});

test('a sample from the future is misuse', () => {
  expect(() => addSample(null, -1)).toThrow(MisuseError);
});
