import { expect, test } from 'vitest';
import { VirtualClock } from '../virtual-clock.ts';
import { createMemoryLink } from './memory-link.ts';

function frames(...lengths: number[]) {
  const bytes = new Uint8Array(lengths.length * 2000).map((_, index) => index >> 4);
  return {
    bytes,
    offsets: Uint32Array.from(lengths, (_, index) => index * 2000),
    lengths: Uint32Array.from(lengths),
  };
}

test('what one end sends the other receives, whole and at a four-aligned IP header', () => {
  const clock = new VirtualClock(5_000_000);
  const [a, b] = createMemoryLink({ clock });
  const sent = frames(60, 1514);
  expect(a.send(sent, 0, 2)).toBe(2);
  const { count, bytes, offsets, lengths, micros } = b.receive();
  expect([count, lengths[0], lengths[1], micros[0], (offsets[1] + 14) % 4]).toEqual([
    2, 60, 1514, 5_000_000, 0,
  ]);
  expect(bytes.subarray(offsets[1], offsets[1] + 1514)).toEqual(sent.bytes.subarray(2000, 3514));
  expect(b.receive().count).toBe(0);
});

test('a frame beyond the MTU is lost, as on a wire', () => {
  const [a, b] = createMemoryLink({ clock: new VirtualClock(), mtu: 576 });
  expect(a.send(frames(1514, 60), 0, 2)).toBe(2);
  expect(b.receive().lengths[0]).toBe(60);
});

test('an end that does not receive holds the other back, and says when there is room', () => {
  const clock = new VirtualClock();
  const [a, b] = createMemoryLink({ clock, capacity: 2 });
  expect(a.send(frames(60, 61, 62), 0, 3)).toBe(2);
  let told = 0;
  a.onWritable(() => told++);
  clock.run();
  expect(told).toBe(0);
  expect(b.receive().count).toBe(2);
  clock.run();
  expect(told).toBe(1);
  expect(a.send(frames(60, 61, 62), 2, 1)).toBe(1);
  expect(b.receive().lengths[0]).toBe(62);
});

test('a reader is called for as long as something waits', () => {
  const clock = new VirtualClock();
  const [a, b] = createMemoryLink({ clock });
  let calls = 0;
  b.onReadable(() => {
    if (++calls === 3) b.receive();
  });
  a.send(frames(60), 0, 1);
  clock.run();
  expect(calls).toBe(3);
});

test('frames to a closed end are gone', () => {
  const [a, b] = createMemoryLink({ clock: new VirtualClock() });
  b.close();
  expect(a.send(frames(60), 0, 1)).toBe(1);
  expect(b.receive().count).toBe(0);
});
