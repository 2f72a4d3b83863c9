/** ICMP errors that a host sends, and those that it must not. @rfc 1122 3.2.2 */
import { describe, expect, test } from 'vitest';
import { icmpAbout } from '../../testing/icmp-packet.ts';
import { Dialogue } from '../../testing/dialogue.ts';
import {
  IcmpMessage,
  Ipv4Header,
  parseAddress,
  parseIcmp,
  parseIpv4,
  writeIcmp,
  writeIpv4,
} from '../wire/index.ts';

const UDP = 17;
const OURS = '10.0.0.1';
const PEER = '10.0.0.2';

interface Fields {
  readonly protocol: number;
  readonly from?: string;
  readonly to?: string;
  readonly length?: number;
}

function packet({ protocol, from = PEER, to = OURS, length = 40 }: Fields): Uint8Array {
  const bytes = new Uint8Array(20 + length).fill(7, 20);
  const ip = new Ipv4Header();
  ip.source.copyFrom(parseAddress(from));
  ip.destination.copyFrom(parseAddress(to));
  ip.protocol = protocol;
  ip.ttl = 9;
  writeIpv4(ip, bytes, 0, length);
  return bytes;
}

function give(d: Dialogue, bytes: Uint8Array): Dialogue {
  d.stack.onPacket(d.now, bytes, 0, bytes.length);
  return d;
}

/** The next packet is an ICMP message from us to the peer. */
function hearIcmp(d: Dialogue): IcmpMessage {
  const out = new Uint8Array(1500);
  const length = d.stack.pollTransmit(d.now, out, 0);
  const ip = new Ipv4Header();
  expect(parseIpv4(out, 0, length, ip)).toBeNull();
  expect([ip.source, ip.destination, ip.protocol]).toEqual([parseAddress(OURS), parseAddress(PEER), 1]);
  const message = new IcmpMessage();
  expect(parseIcmp(out, ip.payloadStart, ip.payloadEnd, message)).toBeNull();
  return message;
}

// Proves: RFC1122-3.2.2-never RFC1122-3.2.2-quote RFC1122-3.2.2.1-port RFC1122-3.2.2.1-protocol
describe('a packet that nobody here takes', () => {
  test.each([
    ['of UDP: port unreachable', UDP, 3],
    ['of a protocol that is not here: protocol unreachable', 132, 2],
  ])('is answered once: %s', (_, protocol, code) => {
    const d = new Dialogue();
    const sent = packet({ protocol });
    const message = hearIcmp(give(d, sent.slice()));
    expect(message).toMatchObject({ type: 3, code });
    // The header and eight octets, as they came.
    expect(message.bytes.slice(message.bodyStart, message.bodyEnd)).toEqual(sent.slice(0, 28));
    d.silent();
  });

  test('is answered at most ten times at once, and ten times a second', () => {
    const d = new Dialogue();
    const answers = (count: number) => {
      for (let i = 0; i < count; i++) give(d, packet({ protocol: UDP }));
      let heard = 0;
      const out = new Uint8Array(1500);
      while (d.stack.pollTransmit(d.now, out, 0) > 0) heard++;
      return heard;
    };
    expect(answers(1000)).toBe(10);
    d.now += 300_000;
    expect(answers(1000)).toBe(3);
    d.now += 60_000_000;
    expect(answers(1000)).toBe(10);
  });

  test.each([
    ['to all hosts of the link', { protocol: UDP, to: '255.255.255.255' }],
    ['to a group', { protocol: UDP, to: '224.0.0.251' }],
    ['to another host', { protocol: UDP, to: '10.0.0.9' }],
    ['from nowhere', { protocol: UDP, from: '0.0.0.0' }],
    ['from a group', { protocol: UDP, from: '224.0.0.1' }],
    ['from all hosts', { protocol: UDP, from: '255.255.255.255' }],
    ['from ourselves', { protocol: UDP, from: OURS }],
  ])('is not answered %s', (_, fields) => {
    give(new Dialogue(), packet(fields)).silent();
  });
});

describe('an ICMP message', () => {
  test.each([
    ['an error about UDP of ours', { protocol: UDP }],
    ['an error about nothing of ours', { source: '10.0.0.9' }],
    ['a source quench', { type: 4 }],
  ])('is not answered by an error: %s', (_, fields) => {
    const d = new Dialogue();
    give(d, icmpAbout(d, fields)).silent();
  });

  test('of an unknown type is dropped in silence', () => {
    const d = new Dialogue();
    const bytes = icmpAbout(d, {});
    bytes[20] = 77;
    bytes[22] -= 77 - 3;
    give(d, bytes).silent();
  });

  test('that asks for an echo longer than a packet of ours is not answered', () => {
    const d = new Dialogue({ mtu: 576 });
    const echo = (length: number) => {
      const message = new IcmpMessage();
      message.bytes = new Uint8Array(length);
      message.bodyEnd = length;
      const bytes = packet({ protocol: 1, length: 8 + length });
      writeIcmp(message, bytes, 20);
      return bytes;
    };
    give(d, echo(600)).silent();
    expect(d.stack.counters.dropped.get('icmp: too long to be answered')).toBe(1);
    expect(hearIcmp(give(d, echo(548)))).toMatchObject({ type: 0 });
  });
});
