import { expect, test } from 'vitest';
import {
  ARP_REPLY,
  ArpPacket,
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_ARP,
  EthernetHeader,
  parseAddress,
  parseMac,
  writeArp,
  writeEthernet,
} from '../wire/index.ts';
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

// Proves: MUST-20
test('after R1 the neighbour is asked about again, long before its entry is old', () => {
  const stack = createStack({
    mac: '02:00:00:00:00:01',
    address: '10.0.0.1',
    prefixLength: 24,
    random: () => 7,
    isnSecret: new Uint8Array(16),
  });
  stack.open(0, { address: '10.0.0.9', port: 80 });
  const frame = new Uint8Array(stack.maxFrame);
  const questions: number[] = [];
  const hear = (now: number) => {
    for (
      let length = stack.pollTransmit(now, frame, 0);
      length > 0;
      length = stack.pollTransmit(now, frame, 0)
    ) {
      if (frame[12] === 0x08 && frame[13] === 0x06) questions.push(now / SECOND);
    }
  };
  hear(0);
  const answer = new Uint8Array(60);
  const arp = new ArpPacket();
  arp.operation = ARP_REPLY;
  arp.senderMac.copyFrom(parseMac('02:00:00:00:00:09'));
  arp.senderIp.copyFrom(parseAddress('10.0.0.9'));
  arp.targetMac.copyFrom(parseMac('02:00:00:00:00:01'));
  arp.targetIp.copyFrom(parseAddress('10.0.0.1'));
  const ethernet = new EthernetHeader();
  ethernet.destination.copyFrom(arp.targetMac);
  ethernet.source.copyFrom(arp.senderMac);
  ethernet.etherType = ETHERTYPE_ARP;
  writeEthernet(ethernet, answer, 0);
  writeArp(arp, answer, ETHERNET_HEADER_LENGTH);
  stack.onFrame(0, answer, 0, answer.length);
  hear(0);
  for (let now = stack.pollTimeout(); now < 16 * SECOND; now = stack.pollTimeout()) {
    stack.onTimeout(now);
    hear(now);
  }
  // SYNs go out at 0, 1, 3, 7 and 15 s: the fourth retransmission finds three unanswered.
  expect(questions).toEqual([0, 15]);
});
