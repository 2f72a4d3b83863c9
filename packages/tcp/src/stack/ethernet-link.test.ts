/** ARP: asking, answering, holding packets meanwhile, giving up. @rfc 826, 1122 2.3.2 */
import { describe, expect, test } from 'vitest';
import { ARP_REQUEST, ArpPacket, describeFrame, parseAddress, parseMac, writeArp } from '../wire/index.ts';
import { EthernetLink } from './ethernet-link.ts';

const A = { mac: '02:00:00:00:00:01', address: '10.0.0.1', prefixLength: 24, gateway: '10.0.0.254' };
const B = { mac: '02:00:00:00:00:02', address: '10.0.0.2', prefixLength: 24 };
const SECOND = 1_000_000;

/** An IP packet as far as a link looks at it. */
function send(link: EthernetLink, now: number, to: string): number {
  const into = new Uint8Array(200);
  into[14] = 0x45;
  into.set(to.split('.').map(Number), 14 + 16);
  return link.send(now, into, 0, 60);
}

function next(link: EthernetLink, now: number): Uint8Array | null {
  const into = new Uint8Array(2000);
  const length = link.pollTransmit(now, into, 0);
  return length === 0 ? null : into.slice(0, length);
}

const text = (frame: Uint8Array | null) =>
  frame === null ? 'nothing' : describeFrame(frame, 0, frame.length);

test('a packet waits while its neighbour is asked for, and goes when it answers', () => {
  const a = new EthernetLink(A);
  const b = new EthernetLink(B);
  expect(send(a, 0, '10.0.0.2')).toBe(0);
  const question = next(a, 0);
  expect(text(question)).toBe('arp who has 10.0.0.2, tell 10.0.0.1');
  expect(next(a, 0)).toBeNull();
  expect(b.onFrame(10, question ?? new Uint8Array(), 0, 60)).toBe(-1);
  const answer = next(b, 10);
  expect(text(answer)).toBe('arp 10.0.0.2 is at 02:00:00:00:00:02');
  a.onFrame(20, answer ?? new Uint8Array(), 0, 60);
  const packet = next(a, 20);
  expect(packet?.slice(0, 14)).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0));
  expect(send(a, 30, '10.0.0.2')).toBe(74);
  // Who asks is known from then on: the answer's way back needs no question.
  expect(send(b, 30, '10.0.0.1')).toBe(74);
});

test('is asked for once a second, five times, and then what waited is dropped', () => {
  const a = new EthernetLink(A);
  send(a, 0, '10.0.0.9');
  for (let asked = 1; asked <= 5; asked++) {
    expect(text(next(a, asked * SECOND))).toBe('arp who has 10.0.0.9, tell 10.0.0.1');
    expect(next(a, asked * SECOND)).toBeNull();
    expect(a.pollTimeout()).toBe((asked + 1) * SECOND);
    a.onTimeout((asked + 1) * SECOND);
  }
  expect(next(a, 7 * SECOND)).toBeNull();
  expect(a.pollTimeout()).toBe(Infinity);
  expect(a.counters.dropped.get('arp: nobody answers')).toBe(1);
});

test('another network is reached through the gateway', () => {
  const a = new EthernetLink(A);
  send(a, 0, '192.0.2.1');
  expect(text(next(a, 0))).toBe('arp who has 10.0.0.254, tell 10.0.0.1');
});

test('frames for other hosts, tagged frames, and claims of our own address teach nothing', () => {
  const a = new EthernetLink(A);
  const b = new EthernetLink(B);
  send(b, 0, '10.0.0.3');
  const forAnother = next(b, 0) ?? new Uint8Array();
  expect(a.onFrame(0, forAnother, 0, 60)).toBe(-1);
  expect(next(a, 0)).toBeNull();
  const impostor = new EthernetLink({ ...B, address: A.address });
  send(impostor, 0, '10.0.0.1');
  a.onFrame(0, next(impostor, 0) ?? new Uint8Array(), 0, 60);
  expect(next(a, 0)).toBeNull();
  expect(a.onFrame(0, new Uint8Array(10), 0, 10)).toBe(-1);
});

describe('made-up neighbours', () => {
  const name = (i: number) => `10.0.${1 + (i >> 8)}.${i & 255}`;

  test('who ask for us by the thousand push each other out, and get few answers at a time', () => {
    const link = new EthernetLink({ ...A, prefixLength: 16 });
    for (let i = 0; i < 5000; i++) link.onFrame(i, asking(name(i), A.address), 0, 60);
    let answers = 0;
    while (next(link, 5000) !== null) answers++;
    expect(answers).toBe(16);
    expect(send(link, 5000, name(4999))).toBe(74);
    expect(send(link, 5000, name(5000 - 1024))).toBe(74);
    expect(send(link, 5000, name(5000 - 1025))).toBe(0);
  });

  test('who are answered by the thousand are asked for 64 at a time, and then forgotten', () => {
    const wide = new EthernetLink({ ...A, prefixLength: 16 });
    for (let i = 0; i < 5000; i++) send(wide, i, name(i));
    let asked = 0;
    while (next(wide, 5000) !== null) asked++;
    expect(asked).toBe(64);
    expect(wide.counters.dropped.get('arp: too many neighbours are asked for')).toBe(5000 - 64);
    for (let at = wide.pollTimeout(); at !== Infinity; at = wide.pollTimeout()) {
      wide.onTimeout(at);
      while (next(wide, at) !== null) asked++;
    }
    expect(asked).toBe(5 * 64);
    expect(wide.counters.dropped.get('arp: nobody answers')).toBe(64);
  });

  test('do not keep a true one from being found', () => {
    const link = new EthernetLink({ ...A, prefixLength: 16 });
    for (let i = 0; i < 500; i++) send(link, i, name(i));
    send(link, 500, '10.0.0.2');
    const b = new EthernetLink({ ...B, prefixLength: 16 });
    for (let frame = next(link, 500); frame !== null; frame = next(link, 500)) b.onFrame(500, frame, 0, 60);
    link.onFrame(600, next(b, 600) ?? new Uint8Array(), 0, 60);
    expect(next(link, 600)?.slice(0, 6)).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 2));
  });

  test.each([
    ['another network', asking('192.0.2.1', A.address), '192.0.2.1'],
    ['the network itself', asking('10.0.0.0', A.address), '10.0.0.0'],
    ['everyone', asking('10.0.0.255', A.address), '10.0.0.255'],
    ['many Ethernet addresses', asking('10.0.0.7', A.address, '03:00:00:00:00:07'), '10.0.0.7'],
  ])('that claim to be %s are not believed', (_who, frame, address) => {
    const link = new EthernetLink({ mac: A.mac, address: A.address, prefixLength: 24 });
    link.onFrame(0, frame, 0, 60);
    expect(next(link, 0)).toBeNull();
    expect(send(link, 0, address)).toBe(0);
  });
});

test('no more than sixteen packets wait for one neighbour, the latest', () => {
  const a = new EthernetLink(A);
  const b = new EthernetLink(B);
  for (let i = 0; i < 100; i++) expect(send(a, 0, '10.0.0.2')).toBe(0);
  expect(a.counters.dropped.get('arp: too many packets wait')).toBe(84);
  b.onFrame(0, next(a, 0) ?? new Uint8Array(), 0, 60);
  a.onFrame(0, next(b, 0) ?? new Uint8Array(), 0, 60);
  let freed = 0;
  while (next(a, 0) !== null) freed++;
  expect(freed).toBe(16);
});

test('a neighbour is asked for again after a minute, and packets go on meanwhile until it fails to answer', () => {
  const a = new EthernetLink(A);
  a.onFrame(0, asking(B.address, A.address), 0, 60);
  next(a, 0);
  expect(send(a, 60 * SECOND - 1, B.address)).toBe(74);
  expect(next(a, 60 * SECOND - 1)).toBeNull();
  for (let times = 1; times <= 5; times++) {
    const now = (59 + times) * SECOND;
    a.onTimeout(now);
    expect(send(a, now, B.address)).toBe(74);
    expect(text(next(a, now))).toBe('arp who has 10.0.0.2, tell 10.0.0.1');
    expect(next(a, now)).toBeNull();
  }
  a.onTimeout(65 * SECOND);
  expect(send(a, 65 * SECOND, B.address)).toBe(0);
});

test('an IP packet whose sender is no host of this link goes no further', () => {
  const link = new EthernetLink(A);
  const frame = (source: string) => {
    const bytes = new Uint8Array(60);
    bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    bytes.set(source.split('.').map(Number), 14 + 12);
    return bytes;
  };
  expect(link.onFrame(0, frame('10.0.0.255'), 0, 60)).toBe(-1);
  expect(link.onFrame(0, frame('10.0.0.0'), 0, 60)).toBe(-1);
  expect(link.onFrame(0, frame('10.0.0.2'), 0, 60)).toBe(14);
  expect(link.onFrame(0, frame('192.0.2.255'), 0, 60)).toBe(14);
});

/** An ARP request in a frame of its own. */
function asking(sender: string, target: string, mac = '02:00:00:00:00:02'): Uint8Array {
  const packet = new ArpPacket();
  packet.operation = ARP_REQUEST;
  packet.senderMac.copyFrom(parseMac(mac));
  packet.senderIp.copyFrom(parseAddress(sender));
  packet.targetIp.copyFrom(parseAddress(target));
  const bytes = new Uint8Array(60);
  bytes.fill(0xff, 0, 6);
  bytes.set([2, 0, 0, 0, 0, 2, 8, 6], 6);
  writeArp(packet, bytes, 14);
  return bytes;
}
