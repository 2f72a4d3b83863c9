import { expect, test } from 'vitest';
import { Address, hashAddress } from '../wire/address.ts';
import { AddressMap, type Addressed } from './address-map.ts';

class Entry implements Addressed<Entry> {
  readonly address = new Address();
  next: Entry | null = null;

  constructor(w0: number, w3: number) {
    this.address.version = 6;
    this.address.w0 = w0;
    this.address.w3 = w3;
  }
}

test('addresses of one hash are told apart, whichever of them goes first', () => {
  const [a, b, c] = [new Entry(1, 6), new Entry(6, 1), new Entry(5, 2)];
  expect(new Set([a, b, c].map((entry) => hashAddress(entry.address))).size).toBe(1);
  for (const gone of [a, b, c]) {
    const map = new AddressMap<Entry>();
    for (const entry of [a, b, c]) map.add(entry);
    map.delete(gone);
    expect([a, b, c].map((entry) => map.get(entry.address) === entry)).toEqual(
      [a, b, c].map((entry) => entry !== gone),
    );
    expect(map.size).toBe(2);
    for (const entry of [a, b, c]) if (entry !== gone) map.delete(entry);
    expect(map.size).toBe(0);
    expect(map.oldest).toBeUndefined();
  }
});

test('the oldest is the one that was added first', () => {
  const map = new AddressMap<Entry>();
  const [first, second] = [new Entry(0, 7), new Entry(0, 8)];
  map.add(first);
  map.add(second);
  expect(map.oldest).toBe(first);
  map.delete(first);
  map.add(first);
  expect(map.oldest).toBe(second);
});
