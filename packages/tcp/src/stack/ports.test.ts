import { expect, test } from 'vitest';
import { createRandom } from '../sim/random.ts';
import { parseAddress } from '../wire/address-text.ts';
import { PORT_ALGORITHMS } from '../tcb/settings.ts';
import { EphemeralPorts, ephemeralPort } from './ports.ts';

// Proves: RFC6056-3.1 RFC6056-3.3.1
test('ports come from the whole pool, in no order, and only free ones', () => {
  const random = createRandom(1);
  const taken = new Set<number>();
  for (let i = 0; i < 4_000; i++) {
    const port = ephemeralPort(random, (one) => !taken.has(one));
    expect(taken.has(port)).toBe(false);
    taken.add(port);
  }
  const drawn = [...taken];
  expect(Math.min(...drawn)).toBeLessThan(49_152 + 100);
  expect(Math.max(...drawn)).toBeGreaterThan(65_535 - 100);
  // Neighbours in time are neighbours in number as seldom as chance has it.
  expect(drawn.filter((port, i) => Math.abs(port - (drawn[i - 1] ?? 0)) === 1).length).toBeLessThan(10);
});

// Proves: RFC6056-3.2-services
test('a port that a service holds is passed over, and none is left when all are held', () => {
  expect(
    ephemeralPort(
      () => 7,
      (port) => port !== 49_152 + 7,
    ),
  ).toBe(49_152 + 8);
  expect(
    ephemeralPort(
      () => 16_383,
      (port) => port === 49_152,
    ),
  ).toBe(49_152);
  expect(() => ephemeralPort(createRandom(1), () => false)).toThrow(
    expect.objectContaining({ code: 'no-port-left' }),
  );
});

const peer = (text: string, remotePort = 80) => ({
  localAddress: parseAddress('10.0.0.1'),
  localPort: 0,
  remoteAddress: parseAddress(text),
  remotePort,
});

// Proves: RFC6056-3.1
test('by double hash, ports to one peer follow each other, those to others begin elsewhere, and nobody can tell where', () => {
  const make = (octet: number) =>
    new EphemeralPorts({
      algorithm: PORT_ALGORITHMS.doubleHash,
      random: createRandom(1),
      secret: new Uint8Array(16).fill(octet),
    });
  const ports = make(1);
  const first = ports.pick(peer('10.0.0.2'), () => true);
  const next = (port: number, by: number) => 49_152 + ((port - 49_152 + by) % 16_384);
  expect(ports.pick(peer('10.0.0.2'), () => true)).toBe(next(first, 1));
  expect(ports.pick(peer('10.0.0.2'), (port) => port !== next(first, 2))).toBe(next(first, 3));
  expect(ports.pick(peer('10.0.0.2'), () => true)).toBe(next(first, 4));
  const others = [peer('10.0.0.3'), peer('10.0.0.4'), peer('10.0.0.2', 81)].map((one) =>
    make(1).pick(one, () => true),
  );
  expect(new Set([first, ...others]).size).toBe(4);
  expect(make(2).pick(peer('10.0.0.2'), () => true)).not.toBe(first);
  expect(make(1).pick(peer('10.0.0.2'), () => true)).toBe(first);
});
