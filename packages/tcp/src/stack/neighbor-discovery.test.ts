/** Neighbour discovery: asking, answering, doubting, giving up, and not being told lies. @rfc 4861 */
import { describe, expect, test } from 'vitest';
import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV6,
  EthernetHeader,
  IPV6_HEADER_LENGTH,
  Ipv6Header,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  PROTOCOL_ICMPV6,
  describeFrame,
  groupMac,
  parseAddress,
  parseMac,
  solicitedNode,
  writeEthernet,
  writeIpv6,
  writeNeighborMessage,
} from '../wire/index.ts';
import { EthernetLink } from './ethernet-link.ts';

const MAC_A = '02:00:00:00:00:01';
const MAC_B = '02:00:00:00:00:02';
const A = { mac: MAC_A, address: '10.0.0.1', prefixLength: 24 };
const A6 = { address: 'fd00::1', prefixLength: 64, gateway: 'fd00::fe' };
const B = { mac: MAC_B, address: '10.0.0.2', prefixLength: 24 };
const B6 = { address: 'fd00::2', prefixLength: 64 };
const SECOND = 1_000_000;

const hostA = () => new EthernetLink({ ...A, ipv6: A6 });
const hostB = () => new EthernetLink({ ...B, ipv6: B6 });

/** An IPv6 packet as far as a link looks at it. @returns whether it went */
function send(link: EthernetLink, now: number, to: string): boolean {
  const into = new Uint8Array(200);
  const ip = new Ipv6Header();
  ip.destination.copyFrom(parseAddress(to));
  ip.protocol = 6;
  writeIpv6(ip, into, ETHERNET_HEADER_LENGTH, 20);
  return link.send(now, into, 0, 60) > 0;
}

function next(link: EthernetLink, now: number): Uint8Array | null {
  const into = new Uint8Array(2000);
  const length = link.pollTransmit(now, into, 0);
  return length === 0 ? null : into.slice(0, length);
}

/** What a link sends now, each as a line after the last octets of the Ethernet address that it goes to. */
function says(link: EthernetLink, now: number): string[] {
  const lines: string[] = [];
  for (let frame = next(link, now); frame !== null; frame = next(link, now)) {
    const to = [...frame.subarray(0, 6)].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
    lines.push(`${to} ${describeFrame(frame, 0, frame.length)}`);
  }
  return lines;
}

interface Told {
  readonly type?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly target?: string;
  readonly mac?: string | null;
  readonly solicited?: boolean;
  readonly override?: boolean;
  readonly hopLimit?: number;
  readonly to?: string;
}

/** A message of neighbour discovery in a frame; by default fd00::2 asks fd00::1. */
function message(told: Told = {}): Uint8Array {
  const { source = 'fd00::2', target = 'fd00::1', destination = 'fd00::1', mac = MAC_B } = told;
  const said = Object.assign(new NeighborMessage(), {
    type: told.type ?? NEIGHBOR_SOLICITATION,
    solicited: told.solicited ?? false,
    override: told.override ?? false,
    hasMac: mac !== null,
  });
  said.target.copyFrom(parseAddress(target));
  if (mac !== null) said.mac.copyFrom(parseMac(mac));
  const ip = new Ipv6Header();
  ip.hopLimit = told.hopLimit ?? 255;
  ip.protocol = PROTOCOL_ICMPV6;
  ip.source.copyFrom(parseAddress(source));
  ip.destination.copyFrom(parseAddress(destination));
  const ethernet = new EthernetHeader();
  ethernet.source.copyFrom(parseMac(MAC_B));
  const group = destination.startsWith('ff') ? groupMac(ip.destination) : null;
  ethernet.destination.copyFrom(group ?? parseMac(told.to ?? MAC_A));
  ethernet.etherType = ETHERTYPE_IPV6;
  const bytes = new Uint8Array(200);
  writeEthernet(ethernet, bytes, 0);
  const at = ETHERNET_HEADER_LENGTH;
  const length = writeNeighborMessage(said, ip, bytes, at + IPV6_HEADER_LENGTH);
  return bytes.slice(0, at + writeIpv6(ip, bytes, at, length) + length);
}

function hear(link: EthernetLink, now: number, frame: Uint8Array): number {
  return link.onFrame(now, frame, 0, frame.length);
}

const answer = (told: Told = {}) =>
  message({ type: NEIGHBOR_ADVERTISEMENT, target: 'fd00::2', solicited: true, override: true, ...told });

test('a packet waits while its neighbour is asked for, and goes when it answers', () => {
  const [a, b] = [hostA(), hostB()];
  expect(send(a, 0, 'fd00::2')).toBe(false);
  const question = next(a, 0) ?? new Uint8Array();
  expect(describeFrame(question, 0, question.length)).toBe('nd who has fd00::2, tell fd00::1');
  expect([...question.subarray(0, 6)]).toEqual([0x33, 0x33, 0xff, 0, 0, 2]);
  expect(next(a, 0)).toBeNull();
  expect(hear(b, 10, question)).toBe(-1);
  const reply = next(b, 10) ?? new Uint8Array();
  expect(describeFrame(reply, 0, reply.length)).toBe('nd fd00::2 is at 02:00:00:00:00:02');
  hear(a, 20, reply);
  const packet = next(a, 20);
  expect(packet?.slice(0, 14)).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd));
  expect(send(a, 30, 'fd00::2')).toBe(true);
  // Who asks is known from then on: the answer's way back needs no question.
  expect(send(b, 30, 'fd00::1')).toBe(true);
});

test('a neighbour is asked for three times, a second apart, and then what waited is given back', () => {
  const a = hostA();
  send(a, 0, 'fd00::9');
  for (let asked = 0; asked < 3; asked++) {
    expect(says(a, asked * SECOND)).toEqual(['33:33:ff:00:00:09 nd who has fd00::9, tell fd00::1']);
    expect(a.pollTimeout()).toBe((asked + 1) * SECOND);
    a.onTimeout((asked + 1) * SECOND);
  }
  expect(says(a, 3 * SECOND)).toEqual([]);
  expect(a.pollTimeout()).toBe(Infinity);
  expect(a.takeUndeliverable()).toHaveLength(1);
  expect(a.counters.dropped.get('nd: nobody answers')).toBe(1);
});

test('what is used half a minute after its answer is used on, and asked about five seconds later, alone', () => {
  const a = hostA();
  send(a, 0, 'fd00::2');
  says(a, 0);
  hear(a, 0, answer());
  says(a, 0);
  expect(send(a, 30 * SECOND - 1, 'fd00::2')).toBe(true);
  expect(a.pollTimeout()).toBe(Infinity);
  expect(send(a, 30 * SECOND, 'fd00::2')).toBe(true);
  expect(a.pollTimeout()).toBe(35 * SECOND);
  for (let asked = 0; asked < 3; asked++) {
    const now = (35 + asked) * SECOND;
    a.onTimeout(now);
    expect(says(a, now)).toEqual(['02:00:00:00:00:02 nd who has fd00::2, tell fd00::1']);
    expect(send(a, now, 'fd00::2')).toBe(true);
  }
  // An answer ends it, whatever has been asked.
  hear(a, 37 * SECOND, answer());
  expect(a.pollTimeout()).toBe(Infinity);
  send(a, 67 * SECOND, 'fd00::2');
  for (let now = 72; now <= 75; now++) {
    a.onTimeout(now * SECOND);
    says(a, now * SECOND);
  }
  expect(send(a, 75 * SECOND, 'fd00::2')).toBe(false);
});

test('another network is reached through the gateway, the link itself without', () => {
  const a = hostA();
  send(a, 0, '2001:db8::1');
  send(a, 0, 'fe80::2');
  expect(says(a, 0)).toEqual([
    '33:33:ff:00:00:fe nd who has fd00::fe, tell fd00::1',
    '33:33:ff:00:00:02 nd who has fe80::2, tell fe80::ff:fe00:1',
  ]);
});

test('both of our addresses are answered for, and who is making sure of his own is told by way of all', () => {
  const a = hostA();
  hear(a, 0, message({ destination: 'ff02::1:ff00:1' }));
  hear(a, 0, message({ target: 'fe80::ff:fe00:1', destination: 'ff02::1:ff00:1', source: 'fe80::2' }));
  hear(a, 0, message({ source: '::', mac: null, destination: 'ff02::1:ff00:1' }));
  expect(says(a, 0)).toEqual([
    '02:00:00:00:00:02 nd fd00::1 is at 02:00:00:00:00:01',
    '02:00:00:00:00:02 nd fe80::ff:fe00:1 is at 02:00:00:00:00:01',
    '33:33:00:00:00:01 nd fd00::1 is at 02:00:00:00:00:01',
  ]);
});

test('who asks without telling where is asked for before he is answered', () => {
  const a = hostA();
  hear(a, 0, message({ mac: null }));
  expect(says(a, 0)).toEqual(['33:33:ff:00:00:02 nd who has fd00::2, tell fd00::1']);
  hear(a, 1, answer());
  expect(says(a, 1)).toEqual(['02:00:00:00:00:02 nd fd00::1 is at 02:00:00:00:00:01']);
});

describe('what is heard teaches nothing', () => {
  test.each([
    ['from beyond a router', message({ hopLimit: 254 })],
    ['from another network', message({ source: 'fd01::2' })],
    ['from a group', message({ source: 'ff02::2' })],
    ['from our own address', message({ source: 'fd00::1' })],
    ['of many Ethernet addresses', message({ mac: '03:00:00:00:00:02' })],
    ['about somebody else', message({ target: 'fd00::3' })],
    ['in a frame for somebody else', message({ to: MAC_B })],
    ['when nobody asked', answer()],
  ])('%s', (_what, frame) => {
    const a = hostA();
    hear(a, 0, frame);
    expect(says(a, 0)).toEqual([]);
    for (const from of ['fd00::2', 'fd00::1', 'fd01::2']) expect(send(a, 0, from)).toBe(false);
  });

  test('by a host that has no IPv6', () => {
    const a = new EthernetLink(A);
    expect(hear(a, 0, message())).toBe(-1);
    expect(says(a, 0)).toEqual([]);
  });
});

describe('another Ethernet address for a neighbour that is known', () => {
  const other = '02:00:00:00:00:07';
  const knowing = () => {
    const a = hostA();
    send(a, 0, 'fd00::2');
    hear(a, 0, answer());
    says(a, 0);
    return a;
  };
  const goesTo = (a: EthernetLink) => {
    const into = new Uint8Array(200);
    const ip = new Ipv6Header();
    ip.destination.copyFrom(parseAddress('fd00::2'));
    writeIpv6(ip, into, 14, 20);
    a.send(1, into, 0, 60);
    return into[5];
  };

  test('is taken from an answer that overrides', () => {
    const a = knowing();
    hear(a, 1, answer({ mac: other }));
    expect(goesTo(a)).toBe(7);
    expect(a.pollTimeout()).toBe(Infinity);
  });

  test('is doubted when nothing was asked: it is used, and asked about', () => {
    const a = knowing();
    hear(a, 1, answer({ mac: other, solicited: false, destination: 'ff02::1' }));
    expect(goesTo(a)).toBe(7);
    expect(a.pollTimeout()).toBe(1 + 5 * SECOND);
  });

  test('only makes the old one doubtful when it does not override', () => {
    const a = knowing();
    hear(a, 1, answer({ mac: other, override: false }));
    expect(goesTo(a)).toBe(2);
    expect(a.pollTimeout()).toBe(1 + 5 * SECOND);
  });

  test('is taken from its own question, and doubted', () => {
    const a = knowing();
    hear(a, 1, message({ mac: other }));
    expect(goesTo(a)).toBe(7);
    expect(a.pollTimeout()).toBe(1 + 5 * SECOND);
  });
});

describe('made-up neighbours', () => {
  const name = (i: number) => `fd00::${i.toString(16)}`;

  test('who ask for us by the thousand push each other out, and get few answers at a time', () => {
    const a = hostA();
    for (let i = 100; i < 5100; i++) hear(a, i, message({ source: name(i) }));
    expect(says(a, 5100)).toHaveLength(16);
    expect(send(a, 5100, name(5099))).toBe(true);
    expect(send(a, 5100, name(5100 - 1025))).toBe(false);
  });

  test('who are answered by the thousand are asked for 64 at a time, and then forgotten', () => {
    const a = hostA();
    for (let i = 100; i < 5100; i++) send(a, i, name(i));
    expect(says(a, 5100)).toHaveLength(64);
    expect(a.counters.dropped.get('nd: too many neighbours are asked for')).toBe(5000 - 64);
  });
});

test('groups of this link are heard, others are not', () => {
  const a = hostA();
  const ping = (destination: string) => {
    const frame = message({ destination, target: 'fd00::1' });
    // An echo request as far as a link looks at it.
    frame[ETHERNET_HEADER_LENGTH + IPV6_HEADER_LENGTH] = 128;
    return hear(a, 0, frame);
  };
  expect(ping('ff02::1')).toBe(ETHERNET_HEADER_LENGTH);
  expect(ping(['ff02:', '1:ff00:1'].join(':'))).toBe(ETHERNET_HEADER_LENGTH);
  expect(ping('ff02::1:ff00:2')).toBe(-1);
  expect(ping('ff02::16')).toBe(-1);
  expect(solicitedNode(parseAddress('fd00::1'))).toEqual(parseAddress('ff02::1:ff00:1'));
  // TCP is for one host alone, also where the frame is for a group.
  const frame = message({ destination: 'ff02::1' });
  frame[ETHERNET_HEADER_LENGTH + 6] = 6;
  expect(hear(a, 0, frame)).toBe(-1);
});
