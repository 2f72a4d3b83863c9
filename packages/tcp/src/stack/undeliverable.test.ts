import { expect, test } from 'vitest';
import { Events } from './events.ts';
import { createStack } from './stack.ts';

const SECOND = 1_000_000;

test('an OPEN to a host that nobody answers for fails after five questions, and not after minutes', () => {
  const stack = createStack({
    mac: '02:00:00:00:00:01',
    address: '10.0.0.1',
    prefixLength: 24,
    random: () => 7,
    isnSecret: new Uint8Array(16),
  });
  const connection = stack.open(0, { address: '10.0.0.9', port: 80 });
  const frame = new Uint8Array(stack.maxFrame);
  let now = 0;
  while (connection.state === 'SYN-SENT' && now < 60 * SECOND) {
    while (stack.pollTransmit(now, frame, 0) > 0);
    now = stack.pollTimeout();
    stack.onTimeout(now);
  }
  expect(now).toBe(5 * SECOND);
  expect(connection.state).toBe('CLOSED');
  expect(connection.error?.code).toBe('EHOSTUNREACH');
  expect(stack.takeEvents()).toEqual([{ target: connection, bits: Events.CLOSED }]);
  expect(stack.connections()).toEqual([]);
  expect(stack.link.counters.dropped.get('arp: nobody answers')).toBeGreaterThan(0);
});

test('an open connection outlives a neighbour that falls silent', () => {
  const stack = createStack({
    mac: '02:00:00:00:00:01',
    address: '10.0.0.1',
    prefixLength: 24,
    random: () => 7,
    isnSecret: new Uint8Array(16),
  });
  const connection = stack.open(0, { address: '10.0.0.9', port: 80 });
  connection.tcb.state = 'ESTABLISHED';
  const frame = new Uint8Array(stack.maxFrame);
  for (let now = 0; now <= 8 * SECOND; now += SECOND) {
    stack.onTimeout(now);
    while (stack.pollTransmit(now, frame, 0) > 0);
  }
  expect(stack.link.counters.dropped.get('arp: nobody answers')).toBeGreaterThan(0);
  expect(connection.state).toBe('ESTABLISHED');
});
