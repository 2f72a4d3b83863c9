/** A flood of SYNs from addresses that nobody has, and curl in the middle of it: what SYN cookies are for. */
import { needs } from '@tcblab/test-needs';
import { describe, expect } from 'vitest';
import { flood } from '../../bench/flood.ts';

const FRAMES = { without: 32_000, with: 10_000 };
const PER_SECOND = 5_000;
const MIB = 1 << 20;

describe('while a flood of SYNs fills the SYN queue', () => {
  // Proves: RFC4987-3.2
  needs('netns', 'curl').test('curl cannot connect, and the flood costs no memory', async () => {
    const { curl, page, halfOpen, refused, memoryBefore, memoryAfter } = await flood(
      false,
      FRAMES.without,
      PER_SECOND,
    );
    expect({ curl, page, halfOpen }).toEqual({ curl: 28, page: '0 octets', halfOpen: 129 });
    // All but those that were kept, and what a busy machine lost.
    expect(refused).toBeGreaterThan(FRAMES.without / 2);
    expect(memoryAfter - memoryBefore).toBeLessThan(4 * MIB);
  });

  // Proves: RFC4987-3.6 RFC4987-3.7
  needs('netns', 'curl').test('with cookies curl gets its page, and the flood costs no memory', async () => {
    const { curl, page, halfOpen, cookiesSent, memoryBefore, memoryAfter } = await flood(
      true,
      FRAMES.with,
      PER_SECOND,
    );
    expect({ curl, page, halfOpen }).toEqual({ curl: 0, page: 'whole', halfOpen: 129 });
    expect(cookiesSent).toBeGreaterThan(FRAMES.with / 4);
    expect(memoryAfter - memoryBefore).toBeLessThan(4 * MIB);
  });
});
