import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address-text.ts';
import { IcmpMessage } from './icmp.ts';
import {
  ICMPV6_ECHO,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_UNREACHABLE,
  fillIcmpv6Checksum,
  parseIcmpv6,
  writeIcmpv6,
} from './icmpv6.ts';
import { linkLocalAddress, solicitedNode } from './ipv6-address.ts';
import { Ipv6Header, PROTOCOL_ICMPV6, writeIpv6 } from './ipv6.ts';
import { parseMac } from './mac-address.ts';
import {
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  parseNeighborMessage,
  writeNeighborMessage,
} from './neighbor-message.ts';

const [a, b] = [parseAddress('fd00::1'), parseAddress('fd00::2')];

/** The header of a packet that carries bytes[0, length). */
function header(length: number, source = a, destination = b, hopLimit = 255): Ipv6Header {
  const ip = new Ipv6Header();
  ip.source.copyFrom(source);
  ip.destination.copyFrom(destination);
  ip.hopLimit = hopLimit;
  ip.protocol = PROTOCOL_ICMPV6;
  ip.payloadEnd = length;
  return ip;
}

function written(fields: Partial<IcmpMessage>, body: Uint8Array): Uint8Array {
  const message = Object.assign(new IcmpMessage(), fields, { bytes: body, bodyEnd: body.length });
  const bytes = new Uint8Array(1500);
  return bytes.subarray(0, writeIcmpv6(message, bytes, 0, a, b));
}

test('an echo reads back as it was written, and only between its own addresses', () => {
  const bytes = written({ type: ICMPV6_ECHO, id: 0x1234, sequence: 7 }, Uint8Array.of(1, 2, 3));
  const read = new IcmpMessage();
  expect(parseIcmpv6(bytes, header(bytes.length), read)).toBeNull();
  expect(read).toMatchObject({ type: ICMPV6_ECHO, code: 0, id: 0x1234, sequence: 7, mtu: 0 });
  expect(bytes.subarray(read.bodyStart, read.bodyEnd)).toEqual(Uint8Array.of(1, 2, 3));
  const elsewhere = header(bytes.length, a, parseAddress('fd00::3'));
  expect(parseIcmpv6(bytes, elsewhere, read)?.reason).toBe('bad-checksum');
  expect(parseIcmpv6(bytes.with(9, 0), header(bytes.length), read)?.reason).toBe('bad-checksum');
});

test('an error tells which packet it is about, behind whatever headers, and an MTU of 32 bits', () => {
  const about = new Uint8Array(2000);
  const ip = header(0, b, a);
  ip.protocol = 60;
  writeIpv6(ip, about, 0, 1960);
  about.set([6, 0, 1, 4, 0, 0, 0, 0], 40);
  const bytes = written({ type: ICMPV6_PACKET_TOO_BIG, mtu: 70_000 }, about);
  expect(bytes.length).toBe(1240);
  const read = new IcmpMessage();
  expect(parseIcmpv6(bytes, header(bytes.length), read)).toBeNull();
  expect(read.mtu).toBe(70_000);
  expect(read.quote).toEqual({
    source: b,
    destination: a,
    protocol: 6,
    totalLength: 2000,
    payloadStart: 8 + 48,
  });
  const cut = written({ type: ICMPV6_UNREACHABLE, code: 4 }, about.subarray(0, 48 + 7));
  expect(parseIcmpv6(cut, header(cut.length), read)).toEqual({ layer: 'icmpv6', reason: 'truncated', at: 8 });
});

/** A solicitation for fd00::2 from fd00::1, with the sender's Ethernet address. */
function solicitation(change: (message: NeighborMessage) => void = () => {}, ip = header(0)): Uint8Array {
  const message = new NeighborMessage();
  message.target.copyFrom(b);
  message.mac.copyFrom(parseMac('02:00:00:00:00:01'));
  message.hasMac = true;
  change(message);
  const bytes = new Uint8Array(100);
  return bytes.subarray(0, writeNeighborMessage(message, ip, bytes, 0));
}

function verdict(bytes: Uint8Array, ip: Ipv6Header): string {
  ip.payloadEnd = bytes.length;
  const bad = parseNeighborMessage(bytes, ip, new NeighborMessage());
  return bad === null ? 'good' : `${bad.layer} ${bad.reason} at ${bad.at}`;
}

test('a solicitation and an advertisement read back as they were written', () => {
  for (const type of [NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT]) {
    const bytes = solicitation((message) =>
      Object.assign(message, { type, solicited: type === NEIGHBOR_ADVERTISEMENT }),
    );
    const read = new NeighborMessage();
    expect(parseNeighborMessage(bytes, header(bytes.length), read)).toBeNull();
    expect(read).toMatchObject({ type, target: b, hasMac: true, override: false });
    expect(read.mac).toEqual(parseMac('02:00:00:00:00:01'));
  }
});

test.each([
  ['has come through a router', solicitation(), header(0, a, b, 254), 'ipv6 unsupported at 7'],
  ['is cut', solicitation().subarray(0, 23), header(0), 'icmpv6 truncated at 0'],
  ['has another code', solicitation().with(1, 1), header(0), 'icmpv6 unsupported at 1'],
  ['is damaged', solicitation().with(20, 9), header(0), 'icmpv6 bad-checksum at 2'],
  [
    'asks for a group',
    solicitation((message) => message.target.copyFrom(parseAddress('ff02::1'))),
    header(0),
    'icmpv6 unsupported at 8',
  ],
  ['has an option without length', mended(solicitation().with(25, 0)), header(0), 'icmpv6 bad-length at 24'],
  ['has an option past its end', mended(solicitation().with(25, 2)), header(0), 'icmpv6 bad-length at 24'],
  ['is what a router says', mended(solicitation().with(0, 134)), header(0), 'icmpv6 unsupported at 0'],
  [
    'is an answer to all that says it answers one',
    solicitation(
      (message) => Object.assign(message, { type: NEIGHBOR_ADVERTISEMENT, solicited: true }),
      header(0, a, parseAddress('ff02::1')),
    ),
    header(0, a, parseAddress('ff02::1')),
    'ipv6 unsupported at 8',
  ],
  [
    'comes from nobody, and yet tells where',
    solicitation(undefined, header(0, parseAddress('::'), solicitedNode(b))),
    header(0, parseAddress('::'), solicitedNode(b)),
    'ipv6 unsupported at 8',
  ],
  [
    'comes from nobody, and to one',
    solicitation((message) => Object.assign(message, { hasMac: false }), header(0, parseAddress('::'))),
    header(0, parseAddress('::')),
    'ipv6 unsupported at 8',
  ],
  [
    'comes from nobody, to the group of one',
    solicitation(
      (message) => Object.assign(message, { hasMac: false }),
      header(0, parseAddress('::'), solicitedNode(b)),
    ),
    header(0, parseAddress('::'), solicitedNode(b)),
    'good',
  ],
])('a message that %s', (_what, bytes, ip, wanted) => {
  expect(verdict(bytes, ip)).toBe(wanted);
});

test('an interface names itself by its Ethernet address', () => {
  expect(formatAddress(linkLocalAddress(parseMac('02:74:63:62:00:01')))).toBe('fe80::74:63ff:fe62:1');
  expect(formatAddress(linkLocalAddress(parseMac('00:00:5e:ef:12:34')))).toBe('fe80::200:5eff:feef:1234');
  expect(formatAddress(solicitedNode(parseAddress('fd00::12:3456:789a')))).toBe('ff02::1:ff56:789a');
});

function mended(bytes: Uint8Array): Uint8Array {
  fillIcmpv6Checksum(bytes, 0, bytes.length, a, b);
  return bytes;
}
