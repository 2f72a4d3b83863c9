/** A host's TCP over IPv6: the same connections, beside those over IPv4. @rfc 8200, 4443, 9293 3.9.2 */
import { describe, expect, test } from 'vitest';
import { createNetwork, createRandom } from '../sim/index.ts';
import type { PartialParts } from '../tcb/parts.ts';
import { referenceParts } from '../tcb/reference.ts';
import {
  ICMPV6_ECHO,
  ICMPV6_ECHO_REPLY,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_UNREACHABLE,
  IcmpMessage,
  Ipv6Header,
  PROTOCOL_ICMPV6,
  SYN,
  Segment,
  describePacket,
  parseAddress,
  parseIcmpv6,
  parseIpv6,
  seq,
  writeIcmpv6,
  writeIpv6,
  writeTcpIpv6Packet,
} from '../wire/index.ts';
import { Events } from './events.ts';
import type { IpStack } from './ip-stack.ts';
import { createIpStack, createStack, type Stack } from './stack.ts';

const SECOND = 1_000_000;

function host(n: number, parts: PartialParts = {}): Stack {
  return createStack({
    mac: `02:00:00:00:00:0${n}`,
    address: `10.0.0.${n}`,
    prefixLength: 24,
    ipv6: { address: `fd00::${n}`, prefixLength: 64 },
    random: createRandom(n),
    isnSecret: new Uint8Array(16).fill(n),
    parts,
  });
}

/** Two hosts on a wire; the lines of everything that the first one's tap sees. */
function pair(parts: PartialParts = {}) {
  const [client, server] = [host(1, parts), host(2, parts)];
  const network = createNetwork({ seed: 1 });
  for (const stack of [client, server]) network.add({ stack });
  return { client, server, network };
}

/** Send `octets` from one end to the other and close both; @returns what arrived */
function transfer(
  { client, server, network }: ReturnType<typeof pair>,
  address: string,
  octets: number,
): Uint8Array {
  const listener = server.listen(network.now, { port: 80 });
  const connection = client.open(network.now, { address, port: 80 });
  network.touch(1);
  network.run({ limit: network.now + SECOND, until: () => listener.pending > 0 });
  const accepted = listener.accept();
  if (accepted === null) throw new Error('nobody came');
  const payload = Uint8Array.from({ length: octets }, (_, at) => at * 31 + (at >> 8));
  const arrived: Uint8Array[] = [];
  const into = new Uint8Array(65_536);
  let sent = 0;
  while (!accepted.ended) {
    if (sent < octets) sent += connection.send(network.now, payload, sent);
    if (sent === octets && connection.state === 'ESTABLISHED') connection.close(network.now);
    network.touch(1);
    network.run({ limit: network.now + 1000 });
    const length = accepted.receive(network.now, into);
    arrived.push(into.slice(0, length));
    network.touch(2);
  }
  accepted.close(network.now);
  network.touch(2);
  network.run({ limit: network.now + 300 * SECOND });
  expect([connection.state, accepted.state, connection.error]).toEqual(['CLOSED', 'CLOSED', null]);
  listener.close(network.now);
  const all = Buffer.concat(arrived);
  expect(all.equals(payload)).toBe(true);
  return all;
}

test.each(['fd00::2', 'fe80::ff:fe00:2', '10.0.0.2'])(
  'a transfer to %s arrives whole, and both close',
  (to) => {
    expect(transfer(pair(), to, 300_000)).toHaveLength(300_000);
  },
);

test('packets are read and written layer by layer where a part is not ours', () => {
  const checksum = { ...referenceParts.checksum };
  const codec = { ...referenceParts.codec };
  expect(transfer(pair({ checksum, codec }), 'fd00::2', 50_000)).toHaveLength(50_000);
});

test('one listener takes both versions, and connections of the same ports are told apart', () => {
  const { client, server, network } = pair();
  const listener = server.listen(0, { port: 80 });
  const to = (address: string) => client.open(network.now, { address, port: 80, localPort: 50_000 });
  const connections = [to('10.0.0.2'), to('fd00::2'), to('fe80::ff:fe00:2')];
  network.touch(1);
  network.run({ limit: SECOND });
  expect(connections.map(({ state }) => state)).toEqual(['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED']);
  expect(connections.map(({ localAddress }) => localAddress)).toEqual([
    '10.0.0.1',
    'fd00::1',
    'fe80::ff:fe00:1',
  ]);
  expect(listener.pending).toBe(3);
  expect(server.connections().map(({ local, remote }) => `${local} ${remote}`)).toEqual([
    '*:80 *:*',
    '10.0.0.2:80 10.0.0.1:50000',
    '[fd00::2]:80 [fd00::1]:50000',
    '[fe80::ff:fe00:2]:80 [fe80::ff:fe00:1]:50000',
  ]);
  expect(new Set(connections.map(({ tcb }) => tcb.iss)).size).toBe(3);
});

test('the maximum segment size leaves room for the longer header', () => {
  const { client, network } = pair();
  const connection = client.open(0, { address: 'fd00::2', port: 80 });
  network.touch(1);
  expect(connection.snapshot().snd.mss).toBeLessThanOrEqual(1440);
  expect(connection.tcb.path.headers).toBe(60);
});

test('an OPEN to a neighbour that nobody answers for fails after three questions', () => {
  const { client, network } = pair();
  const connection = client.open(0, { address: 'fd00::9', port: 80 });
  network.touch(1);
  network.run({ limit: 60 * SECOND, until: () => connection.state === 'CLOSED' });
  expect(network.now).toBe(3 * SECOND);
  expect(connection.error?.code).toBe('EHOSTUNREACH');
  expect(client.takeEvents()).toEqual([{ target: connection, bits: Events.CLOSED }]);
});

test('a closed port is answered with a reset', () => {
  const { client, network } = pair();
  const connection = client.open(0, { address: 'fd00::2', port: 81 });
  network.touch(1);
  network.run({ limit: SECOND });
  expect(connection.error?.code).toBe('ECONNREFUSED');
});

const US = 'fd00::1';
const PEER = 'fd00::2';

function alone(): IpStack {
  return createIpStack({
    address: '10.0.0.1',
    ipv6: { address: US, linkLocal: 'fe80::1' },
    random: createRandom(1),
    isnSecret: new Uint8Array(16),
  });
}

function header(source: string, destination: string, protocol: number): Ipv6Header {
  const ip = Object.assign(new Ipv6Header(), { hopLimit: 64, protocol });
  ip.source.copyFrom(parseAddress(source));
  ip.destination.copyFrom(parseAddress(destination));
  return ip;
}

function icmp(fields: Partial<IcmpMessage>, body: Uint8Array, source = PEER, destination = US): Uint8Array {
  const ip = header(source, destination, PROTOCOL_ICMPV6);
  const message = Object.assign(new IcmpMessage(), fields, { bytes: body, bodyEnd: body.length });
  const bytes = new Uint8Array(1500);
  const length = writeIcmpv6(message, bytes, 40, ip.source, ip.destination);
  writeIpv6(ip, bytes, 0, length);
  return bytes.subarray(0, 40 + length);
}

function syn(source: string, destination: string): Uint8Array {
  const segment = Object.assign(new Segment(), { sourcePort: 5000, destinationPort: 80, flags: SYN });
  const bytes = new Uint8Array(100);
  return bytes.subarray(0, writeTcpIpv6Packet(header(source, destination, 6), segment, bytes, 0));
}

function hear(stack: IpStack, packet: Uint8Array): void {
  stack.onPacket(0, packet, 0, packet.length);
}

function next(stack: IpStack): Uint8Array | null {
  const into = new Uint8Array(1500);
  const length = stack.pollTransmit(0, into, 0);
  return length === 0 ? null : into.slice(0, length);
}

describe('ping', () => {
  test.each([
    [US, US],
    ['fe80::1', 'fe80::1'],
    ['ff02::1', US],
  ])('to %s is answered from %s with the same octets', (to, from) => {
    const stack = alone();
    const body = Uint8Array.of(1, 2, 3, 4, 5);
    hear(stack, icmp({ type: ICMPV6_ECHO, id: 7, sequence: 9 }, body, PEER, to));
    const reply = next(stack) ?? new Uint8Array();
    const ip = new Ipv6Header();
    const message = new IcmpMessage();
    expect(parseIpv6(reply, 0, reply.length, ip) ?? parseIcmpv6(reply, ip, message)).toBeNull();
    expect([ip.source, ip.destination, ip.hopLimit]).toEqual([parseAddress(from), parseAddress(PEER), 64]);
    expect(message).toMatchObject({ type: ICMPV6_ECHO_REPLY, id: 7, sequence: 9 });
    expect(reply.subarray(message.bodyStart, message.bodyEnd)).toEqual(body);
  });

  test('from nobody, from a group or from ourselves is not answered, nor is an answer', () => {
    const stack = alone();
    for (const source of ['::', '::1', 'ff02::1', US, 'fe80::1']) {
      hear(stack, icmp({ type: ICMPV6_ECHO }, new Uint8Array(1), source));
    }
    hear(stack, icmp({ type: ICMPV6_ECHO_REPLY }, new Uint8Array(1)));
    expect(next(stack)).toBeNull();
    expect(Object.fromEntries(stack.counters.dropped)).toEqual({
      'ipv6: bad source': 5,
      'icmpv6: not asked for': 1,
    });
  });
});

test('a segment to a group, or that claims to come from one, is dropped in silence', () => {
  const stack = alone();
  stack.listen(0, { port: 80 });
  for (const packet of [
    syn(PEER, 'ff02::1'),
    syn('ff02::2', US),
    syn(US, US),
    syn('::', US),
    syn(PEER, 'fd00::3'),
  ]) {
    hear(stack, packet);
  }
  expect(next(stack)).toBeNull();
  expect(stack.connections()).toHaveLength(1);
  hear(stack, syn(PEER, US));
  expect(stack.connections()).toHaveLength(2);
});

test('a host that has no IPv6 neither answers nor asks by it', () => {
  const stack = createIpStack({ address: '10.0.0.1', random: () => 1, isnSecret: new Uint8Array(16) });
  hear(stack, icmp({ type: ICMPV6_ECHO }, new Uint8Array(1)));
  expect(next(stack)).toBeNull();
  expect(() => stack.open(0, { address: PEER, port: 80 })).toThrow('no IPv6 address');
});

test('an MTU below the least of IPv6 is misuse', () => {
  const options = { address: '10.0.0.1', random: () => 1, isnSecret: new Uint8Array(16) };
  expect(() => createIpStack({ ...options, mtu: 1279, ipv6: { address: US } })).toThrow('1280');
  expect(createIpStack({ ...options, mtu: 1279 }).mtu).toBe(1279);
});

describe('an ICMPv6 error', () => {
  /** A connection of ours in SYN-SENT, and its SYN. */
  const opening = () => {
    const stack = alone();
    const connection = stack.open(0, { address: PEER, port: 80 });
    return { stack, connection, segment: next(stack) ?? new Uint8Array() };
  };

  test.each([
    [4, 'ECONNREFUSED'],
    [1, 'EACCES'],
  ])('of code %i ends an OPEN with %s', (code, error) => {
    const { stack, connection, segment } = opening();
    hear(stack, icmp({ type: ICMPV6_UNREACHABLE, code }, segment));
    expect(connection.error?.code).toBe(error);
  });

  test('that may pass is only told of', () => {
    const { stack, connection, segment } = opening();
    hear(stack, icmp({ type: ICMPV6_UNREACHABLE, code: 0 }, segment));
    expect([connection.state, connection.softError?.code]).toEqual(['SYN-SENT', 'ENETUNREACH']);
  });

  test('about somebody else’s segment, or about none in flight, is passed over', () => {
    const { stack, connection, segment } = opening();
    hear(stack, icmp({ type: ICMPV6_UNREACHABLE, code: 4 }, syn(PEER, US)));
    hear(stack, icmp({ type: ICMPV6_UNREACHABLE, code: 4 }, segment.with(40 + 4, segment[44] ^ 0x80)));
    expect(connection.error).toBeNull();
    expect(Object.fromEntries(stack.counters.dropped)).toEqual({
      'icmpv6: about no segment of ours': 1,
      'icmp: not believed': 1,
    });
  });

  test('“packet too big” makes segments shorter, but never below what every link takes', () => {
    const { client, server, network } = pair();
    const listener = server.listen(0, { port: 80 });
    const connection = client.open(0, { address: 'fd00::2', port: 80 });
    network.touch(1);
    network.run({ limit: SECOND });
    listener.accept();
    connection.send(network.now, new Uint8Array(1440));
    const frame = new Uint8Array(client.maxFrame);
    const length = client.pollTransmit(network.now, frame, 0);
    const packet = frame.slice(14, length);
    const tell = (mtu: number) => {
      const report = icmp({ type: ICMPV6_PACKET_TOO_BIG, mtu }, packet, 'fd00::fe', 'fd00::1');
      client.ip.onPacket(network.now, report, 0, report.length);
      return connection.tcb.path.mtu;
    };
    expect(tell(1279)).toBe(1500);
    expect(tell(1280)).toBe(1280);
    client.pollTransmit(network.now, frame, 0);
    expect(describePacket(frame, 14, 14 + 1280)).toContain('fd00::1.');
    const again = new Ipv6Header();
    expect(parseIpv6(frame, 14, frame.length, again)).toBeNull();
    expect(again.payloadEnd - again.payloadStart).toBeLessThanOrEqual(1240);
  });
});

test('a SYN answered over IPv6 takes its number from both addresses', () => {
  const numbers = ['fd00::2', 'fd00::3', 'fe80::2'].map((source) => {
    const stack = alone();
    stack.listen(0, { port: 80 });
    hear(stack, syn(source, source.startsWith('fe80') ? 'fe80::1' : US));
    const packet = next(stack) ?? new Uint8Array();
    return seq(new DataView(packet.buffer).getUint32(44));
  });
  expect(new Set(numbers).size).toBe(3);
});
