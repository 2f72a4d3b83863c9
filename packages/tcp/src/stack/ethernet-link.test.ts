/** ARP: asking, answering, holding packets meanwhile, giving up. @rfc 826, 1122 2.3.2 */
import { expect, test } from 'vitest';
import { describeFrame } from '../wire/index.ts';
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
