import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadlineHeap } from './deadline-heap.ts';

test('the first is always the earliest, whatever was scheduled, moved or taken out', () => {
  const step = fc.record({
    item: fc.nat(20),
    deadline: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(Infinity)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new DeadlineHeap<{ deadline: number; heapIndex: number }>();
      const items = Array.from({ length: 21 }, () => ({ deadline: Infinity, heapIndex: -1 }));
      for (const { item, deadline } of steps) {
        heap.schedule(items[item], deadline);
        expect(heap.first?.deadline ?? Infinity).toBe(Math.min(...items.map((each) => each.deadline)));
      }
    }),
    { seed: 7 },
  );
});
