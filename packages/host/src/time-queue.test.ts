import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeQueue } from './time-queue.ts';

test('the earliest comes out first, and equals in the order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new TimeQueue<[number, number]>();
      times.forEach((time, index) => queue.push(time, [time, index]));
      const out: [number, number][] = [];
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) out.push(item);
      const sorted = times.map((time, index): [number, number] => [time, index]);
      expect(out).toEqual(sorted.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
      expect(queue.next).toBe(Infinity);
    }),
  );
});
