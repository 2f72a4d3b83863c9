/** Fragments of IPv6, and what nobody here takes. @rfc 8200 4.5, 5722, 4443 */
import { describe, expect, test } from 'vitest';
import { pattern } from '../../testing/dialogue.ts';
import {
  ACK,
  IcmpMessage,
  Ipv6Header,
  PSH,
  PROTOCOL_IPV6_FRAGMENT,
  SYN,
  Segment,
  parseAddress,
  parseIcmpv6,
  parseIpv6,
  seq,
  writeIpv6,
  writeTcpIpv6Packet,
} from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { IpStack } from './ip-stack.ts';
import { createIpStack } from './stack.ts';

const SECOND = 1_000_000;
const OURS = 'fd00::1';
const PEER = 'fd00::2';

/** A stack that listens on port 80. */
function host(): IpStack {
  const stack = createIpStack({
    address: '10.0.0.1',
    ipv6: { address: OURS },
    random: () => 7,
    isnSecret: new Uint8Array(16),
  });
  stack.listen(0, { port: 80 });
  return stack;
}

function headerTo(to: string, protocol: number): Ipv6Header {
  const ip = new Ipv6Header();
  ip.source.copyFrom(parseAddress(PEER));
  ip.destination.copyFrom(parseAddress(to));
  ip.protocol = protocol;
  ip.hopLimit = 64;
  return ip;
}

/** A SYN with 1000 octets of text. */
function syn(): Uint8Array {
  const segment = new Segment();
  segment.sourcePort = 5000;
  segment.destinationPort = 80;
  segment.flags = SYN;
  segment.seq = seq(100);
  segment.wnd = 65_535;
  segment.bytes = pattern(1000);
  segment.payloadEnd = 1000;
  const into = new Uint8Array(2000);
  return into.slice(0, writeTcpIpv6Packet(headerTo(OURS, 6), segment, into, 0));
}

/** The part [from, to) of the packet's payload as a fragment. */
function fragment(packet: Uint8Array, from: number, to: number, id = 9): Uint8Array {
  const payload = packet.subarray(40 + from, 40 + to);
  const bytes = new Uint8Array(48 + payload.length);
  bytes.set(payload, 48);
  const view = new DataView(bytes.buffer);
  view.setUint8(40, packet[6]);
  view.setUint16(42, from | (40 + to < packet.length ? 1 : 0));
  view.setUint32(44, id);
  writeIpv6(headerTo(OURS, PROTOCOL_IPV6_FRAGMENT), bytes, 0, 8 + payload.length);
  return bytes;
}

function give(stack: IpStack, now: number, ...packets: Uint8Array[]): void {
  for (const packet of packets) stack.onPacket(now, packet, 0, packet.length);
}

const states = (stack: IpStack) => stack.connections().map(({ state }) => state);
const drops = (stack: IpStack) => Object.fromEntries(stack.counters.dropped);

/** The next packet is ICMPv6 to the peer; @returns null when there is none */
function hearIcmp(stack: IpStack, now: number): IcmpMessage | null {
  const out = new Uint8Array(1500);
  const length = stack.pollTransmit(now, out, 0);
  if (length === 0) return null;
  const ip = new Ipv6Header();
  expect(parseIpv6(out, 0, length, ip)).toBeNull();
  expect(ip.destination).toEqual(parseAddress(PEER));
  const message = new IcmpMessage();
  expect(parseIcmpv6(out, ip, message)).toBeNull();
  return message;
}

// Proves: RFC8200-4.5
describe('a segment in fragments of IPv6', () => {
  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 1, 0, 0, 2]]])('is taken in the order %j', (order) => {
    const stack = host();
    const packet = syn();
    const pieces = [fragment(packet, 0, 400), fragment(packet, 400, 800), fragment(packet, 800, 1020)];
    for (const i of order) {
      expect(states(stack)).toEqual(['LISTEN']);
      give(stack, 0, pieces[i]);
    }
    expect(states(stack)).toEqual(['LISTEN', 'SYN-RECEIVED']);
    expect(drops(stack)).toEqual({});
  });

  test('is not mixed with another of the same sender', () => {
    const stack = host();
    const packet = syn();
    give(stack, 0, fragment(packet, 0, 400, 1), fragment(packet, 400, 1020, 2));
    expect(states(stack)).toEqual(['LISTEN']);
    give(stack, 0, fragment(packet, 400, 1020, 1));
    expect(states(stack)).toEqual(['LISTEN', 'SYN-RECEIVED']);
  });

  // Proves: RFC5722-4
  test('is dropped whole when two of them overlap', () => {
    const stack = host();
    const packet = syn();
    give(stack, 0, fragment(packet, 0, 400), fragment(packet, 392, 800), fragment(packet, 400, 1020));
    give(stack, 0, fragment(packet, 0, 400), fragment(packet, 400, 1020));
    expect(states(stack)).toEqual(['LISTEN']);
    expect(drops(stack)).toEqual({ 'ipv6: fragment overlaps': 4 });
  });

  test('is given up after a minute, and the sender of the first one is told', () => {
    const stack = host();
    const packet = syn();
    give(stack, 0, fragment(packet, 0, 400));
    expect(stack.pollTimeout()).toBe(60 * SECOND);
    stack.onTimeout(60 * SECOND - 1);
    expect(hearIcmp(stack, 60 * SECOND - 1)).toBeNull();
    stack.onTimeout(60 * SECOND);
    expect(hearIcmp(stack, 60 * SECOND)).toMatchObject({ type: 3, code: 1 });
    expect(hearIcmp(stack, 60 * SECOND)).toBeNull();
    give(stack, 60 * SECOND, fragment(packet, 400, 1020));
    expect(states(stack)).toEqual(['LISTEN']);
  });

  test('carries octets of an open connection', () => {
    const stack = host();
    const whole = syn();
    give(stack, 0, whole);
    const out = new Uint8Array(1500);
    const length = stack.pollTransmit(0, out, 0);
    const [ip, answer] = [new Ipv6Header(), new Segment()];
    expect(parseIpv6(out, 0, length, ip)).toBeNull();
    const view = new DataView(out.buffer);
    answer.sourcePort = 5000;
    answer.destinationPort = 80;
    answer.flags = ACK | PSH;
    answer.seq = seq(view.getUint32(ip.payloadStart + 8));
    answer.ack = seq(view.getUint32(ip.payloadStart + 4) + 1);
    answer.wnd = 65_535;
    answer.bytes = pattern(500);
    answer.payloadEnd = 500;
    const packet = new Uint8Array(2000);
    const data = packet.slice(0, writeTcpIpv6Packet(headerTo(OURS, 6), answer, packet, 0));
    give(stack, 1, fragment(data, 160, 520), fragment(data, 0, 160));
    const [connection] = stack
      .takeEvents()
      .flatMap(({ target }) => ('accept' in target ? [target.accept()] : []));
    const into = new Uint8Array(3000);
    expect((connection as Connection).receive(2, into)).toBeGreaterThanOrEqual(500);
  });
});

// Proves: RFC4443-2.4-never RFC4443-2.4-limit RFC4443-3.1
test('a datagram to a port that nobody has is answered, ten times at once, and quoted as far as it fits', () => {
  const stack = host();
  const datagram = (to: string) => {
    const bytes = new Uint8Array(1500).fill(5);
    writeIpv6(headerTo(to, 17), bytes, 0, 1460);
    return bytes;
  };
  give(stack, 0, datagram('ff02::1'));
  expect(hearIcmp(stack, 0)).toBeNull();
  give(stack, 0, datagram(OURS));
  const message = hearIcmp(stack, 0);
  expect(message).toMatchObject({ type: 1, code: 4 });
  expect((message?.bodyEnd ?? 0) - (message?.bodyStart ?? 0)).toBe(1232);
  for (let i = 0; i < 100; i++) give(stack, 0, datagram(OURS));
  let answers = 0;
  while (hearIcmp(stack, 0) !== null) answers++;
  expect(answers).toBe(9);
});
