import { expect, test } from 'vitest';
import { tell } from '../../testing/conversation.ts';
import type { Told } from '../../testing/conversation.ts';
import { correlate } from './correlate.ts';
import type { Correlation } from './correlate.ts';

const correlated = ({ captures }: Told): Correlation =>
  correlate({ number: 1, packets: captures[0].packets }, { number: 2, packets: captures[1].packets });

const BAD = { loss: 0.05, duplicate: 0.05, reorder: 0.05, corrupt: 0.03 };

/** Where each frame stands in the joint order, by `host:frame`. */
function positions(told: Told, { events }: Correlation): Map<string, number> {
  return new Map(
    events.map(({ host, place }, at) => [`${host + 1}:${told.captures[host].packets[place].id?.frame}`, at]),
  );
}

test.each([1, 2, 3, 4, 5, 6])('what the wire did to each frame is found out again (seed %d)', (seed) => {
  const told = tell({ fromA: 60_000, fromB: 30_000, impairA: BAD, impairB: BAD, seed, offset: 77_000_000 });
  const { sightings } = correlated(told);
  const happened = (event: string) =>
    told.wire.filter((each) => each.event === event).map(({ host, frame }) => `${host}:${frame}`);
  const found = (fate: string) =>
    sightings.filter((each) => each.fate === fate).map(({ from, sent }) => `${from}:${sent}`);
  expect(found('appeared')).toEqual([]);
  // Which of two equal frames was lost can be undecidable: how many were is not.
  expect(found('lost')).toHaveLength(happened('lost').length);
  expect(found('duplicated').length + found('altered').length).toBeGreaterThan(0);
  const lost = new Set(happened('lost'));
  expect(found('lost').filter((each) => !lost.has(each)).length).toBeLessThanOrEqual(2);
});

test.each([1, 2, 3])(
  'each host keeps its order and nothing is received before it was sent (seed %d)',
  (seed) => {
    const told = tell({
      fromA: 60_000,
      fromB: 30_000,
      impairA: BAD,
      impairB: BAD,
      seed,
      offset: -5_000_000_000,
    });
    const correlation = correlated(told);
    const at = positions(told, correlation);
    expect(at.size).toBe(told.captures[0].packets.length + told.captures[1].packets.length);
    for (const host of [1, 2]) {
      const own = told.captures[host - 1].packets.map(
        (packet) => at.get(`${host}:${packet.id?.frame}`) ?? -1,
      );
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    for (const { from, sent, received } of correlation.sightings) {
      if (sent === null || received === null) continue;
      expect(at.get(`${from}:${sent}`)).toBeLessThan(at.get(`${3 - from}:${received}`) ?? -1);
    }
  },
);

test('the offset of two clocks is found from the frames, to within half a round trip', () => {
  for (const offset of [-86_400_000_000, -1_000_000, 1_000_000, 86_400_000_000]) {
    const { offset: found } = correlated(tell({ fromA: 3000, offset }));
    expect(Math.abs(found.micros - offset)).toBeLessThanOrEqual(found.error);
    expect(found.error).toBe(500);
  }
});

test('a difference of clocks that the frames cannot prove is none', () => {
  expect(correlated(tell({ fromA: 3000, offset: 300 })).offset.micros).toBe(0);
});

test('times are told on the first host’s clock, from the first event on', () => {
  const { events } = correlated(tell({ fromA: 3000, offset: 9_000_000 }));
  expect(events[0].time).toBe(0);
  expect(events[1].time).toBe(500);
  expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).toSorted((a, b) => a - b));
});
