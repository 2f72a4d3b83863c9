/** How long the reordering window stays wide. @rfc 8985 6.2 */
import { expect, test } from 'vitest';
import { seq } from '../wire/seq.ts';
import { createRack, noteDuplicate, noteRecovered } from './rack.ts';
import { sequence } from './sequence.ts';
import type { Tcb } from './tcb.ts';

/** What `noteDuplicate` looks at of a connection with SND.NXT `nxt`. */
const at = (nxt: number) => ({ parts: { sequence }, snd: { nxt: seq(nxt) } }) as Tcb;
const block = { left: seq(1), right: seq(1001) };

// Proves: RFC8985-6.2-s4
test('the window grows once a round trip, however many duplicates it brings', () => {
  const rack = createRack();
  noteDuplicate(at(5000), rack, seq(1000), block);
  noteDuplicate(at(6000), rack, seq(4999), block);
  expect(rack.multiplier).toBe(2);
  noteDuplicate(at(9000), rack, seq(5000), block);
  expect(rack.multiplier).toBe(3);
});

// Proves: RFC8985-6.2-s4
test('after 16 recoveries that end without a duplicate, the window is as narrow as at first', () => {
  const rack = createRack();
  noteDuplicate(at(5000), rack, seq(1000), block);
  noteRecovered(rack);
  rack.duplicateEnd = null;
  for (let i = 0; i < 15; i++) noteRecovered(rack);
  expect(rack.multiplier).toBe(2);
  noteRecovered(rack);
  expect(rack.multiplier).toBe(1);
});
