/** Whole IPv6 frames through every codec: as lines of text, beside tshark, and broken in many ways. */
import { expect, test } from 'vitest';
import { needs } from '@tcblab/test-needs';
import { fieldsByTshark } from '../../testing/tshark.ts';
import { formatAddress, parseAddress } from './address-text.ts';
import type { Address } from './address.ts';
import { describeFrame } from './describe.ts';
import { ETHERTYPE_IPV6, EthernetHeader, writeEthernet } from './ethernet.ts';
import { IcmpMessage } from './icmp.ts';
import {
  ICMPV6_ECHO,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  parseIcmpv6,
  writeIcmpv6,
} from './icmpv6.ts';
import { IpPacket, parseIp } from './ip.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import { groupMac, linkLocalAddress, solicitedNode } from './ipv6-address.ts';
import { Ipv6Header, PROTOCOL_ICMPV6, writeIpv6 } from './ipv6.ts';
import { formatMac, parseMac } from './mac-address.ts';
import {
  DISCOVERY_HOP_LIMIT,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  parseNeighborMessage,
  writeNeighborMessage,
} from './neighbor-message.ts';
import { ACK, PSH, SYN, Segment } from './segment.ts';
import { seq } from './seq.ts';
import { parseTcpIpv6Packet, writeTcpIpv6Packet } from './tcp-packet.ts';

const macA = parseMac('02:00:00:00:00:0a');
const macB = parseMac('02:00:00:00:00:0b');
const [a, b] = [parseAddress('fd00::1'), parseAddress('fd00::2')];

/** An IPv6 packet from `a` in an Ethernet frame; `write` puts what it carries behind its header. */
function frameOf(
  ip: { protocol: number; destination?: Address; hopLimit?: number },
  write: (header: Ipv6Header, bytes: Uint8Array, start: number) => number,
): Uint8Array {
  const ethernet = new EthernetHeader();
  const { destination = b } = ip;
  ethernet.source.copyFrom(macA);
  ethernet.destination.copyFrom(destination === b ? macB : groupMac(destination));
  ethernet.etherType = ETHERTYPE_IPV6;
  const header = Object.assign(new Ipv6Header(), { hopLimit: ip.hopLimit ?? 64, protocol: ip.protocol });
  header.source.copyFrom(a);
  header.destination.copyFrom(destination);
  const bytes = new Uint8Array(1514);
  writeEthernet(ethernet, bytes, 0);
  const length = write(header, bytes, 54);
  writeIpv6(header, bytes, 14, length);
  return bytes.slice(0, 54 + length);
}

function tcpFrame(fields: Partial<Segment>, payload = ''): Uint8Array {
  const segment = Object.assign(new Segment(), { sourcePort: 40_000, destinationPort: 80 }, fields);
  segment.bytes = new TextEncoder().encode(payload);
  segment.payloadEnd = segment.bytes.length;
  return frameOf(
    { protocol: PROTOCOL_TCP },
    (header, bytes) => writeTcpIpv6Packet(header, segment, bytes, 14) - 40,
  );
}

function icmpFrame(fields: Partial<IcmpMessage>, body: Uint8Array): Uint8Array {
  const message = Object.assign(new IcmpMessage(), fields, { bytes: body, bodyEnd: body.length });
  return frameOf({ protocol: PROTOCOL_ICMPV6 }, (header, bytes, start) =>
    writeIcmpv6(message, bytes, start, header.source, header.destination),
  );
}

function neighborFrame(fields: Partial<NeighborMessage>, target: Address, destination: Address): Uint8Array {
  const message = Object.assign(new NeighborMessage(), fields);
  message.target.copyFrom(target);
  message.mac.copyFrom(macA);
  return frameOf(
    { protocol: PROTOCOL_ICMPV6, hopLimit: DISCOVERY_HOP_LIMIT, destination },
    (header, bytes, start) => writeNeighborMessage(message, header, bytes, start),
  );
}

const syn = tcpFrame({ flags: SYN, seq: seq(1), wnd: 65_535, mss: 1440, windowScale: 7 });
const answer = { type: NEIGHBOR_ADVERTISEMENT, solicited: true, override: true, hasMac: true };
const FRAMES = [
  syn,
  tcpFrame({ flags: ACK | PSH, seq: seq(2), ack: seq(9), wnd: 100 }, 'hello, sixth version'),
  icmpFrame({ type: ICMPV6_ECHO, id: 0x1234, sequence: 2 }, new TextEncoder().encode('ping')),
  icmpFrame({ type: ICMPV6_UNREACHABLE, code: 4 }, syn.slice(14)),
  icmpFrame({ type: ICMPV6_PACKET_TOO_BIG, mtu: 1400 }, syn.slice(14)),
  icmpFrame({ type: ICMPV6_TIME_EXCEEDED }, syn.slice(14)),
  icmpFrame({ type: ICMPV6_PARAMETER_PROBLEM, code: 1 }, syn.slice(14)),
  neighborFrame({ type: NEIGHBOR_SOLICITATION, hasMac: true }, b, solicitedNode(b)),
  neighborFrame({ type: NEIGHBOR_SOLICITATION }, linkLocalAddress(macB), b),
  neighborFrame(answer, a, b),
  neighborFrame({ type: NEIGHBOR_ADVERTISEMENT, solicited: true }, a, b),
];

test('each kind of frame has its line of text', () => {
  expect(FRAMES.map((frame) => describeFrame(frame, 0, frame.length))).toMatchInlineSnapshot(`
    [
      "fd00::1.40000 > fd00::2.80: S seq 1, win 65535, mss 1440, wscale 7, length 0",
      "fd00::1.40000 > fd00::2.80: P. seq 2, ack 9, win 100, length 20",
      "fd00::1 > fd00::2: echo request, id 4660, seq 2, length 4",
      "fd00::1 > fd00::2: unreachable code 4, about fd00::1 > fd00::2",
      "fd00::1 > fd00::2: packet too big, mtu 1400, about fd00::1 > fd00::2",
      "fd00::1 > fd00::2: time exceeded code 0, about fd00::1 > fd00::2",
      "fd00::1 > fd00::2: parameter problem code 1, about fd00::1 > fd00::2",
      "nd who has fd00::2, tell fd00::1",
      "nd who has fe80::ff:fe00:b, tell fd00::1",
      "nd fd00::1 is at 02:00:00:00:00:0a",
      "nd fd00::1 is here",
    ]
  `);
});

test('mutated frames neither throw nor lead outside their bounds', () => {
  let state = 0x8200;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const slab = new Uint8Array(2048);
  const packet = new IpPacket();
  for (let run = 0; run < 50_000; run += 1) {
    const frame = FRAMES[below(FRAMES.length)];
    const start = below(8);
    slab.set(frame, start);
    const end = start + (run % 3 === 0 ? below(frame.length + 1) : frame.length);
    for (let left = below(4); left > 0; left -= 1) {
      slab[start + below(110)] = [0, 43, 44, 58, 60, 0xff, below(256)][below(7)];
    }
    slab.fill(0xff, end, end + 64);
    const line = describeFrame(slab, start, end);
    slab.fill(0, end, end + 64);
    // What lies behind the end must not matter.
    expect(describeFrame(slab, start, end)).toBe(line);
    if (end < start + 14 || parseIp(slab, start + 14, end, packet) !== null) continue;
    const { payloadStart, payloadEnd } = packet.header;
    expect([payloadStart > start + 14, payloadEnd <= end, payloadStart <= payloadEnd]).toEqual([
      true,
      true,
      true,
    ]);
    parseTcpIpv6Packet(slab, start + 14, end, packet.ipv6, new Segment());
  }
});

/** What tshark should say of a frame, from what we read of it. */
function ours(frame: Uint8Array): Record<string, string | number> {
  const packet = new IpPacket();
  expect(parseIp(frame, 14, frame.length, packet)).toBeNull();
  const { ipv6 } = packet;
  const said = {
    'ipv6.src': formatAddress(ipv6.source),
    'ipv6.dst': formatAddress(ipv6.destination),
    'ipv6.hlim': ipv6.hopLimit,
    'ipv6.plen': packet.payloadLength,
    '_ws.malformed': '',
  };
  if (!packet.isIcmp) {
    const segment = new Segment();
    expect(parseTcpIpv6Packet(frame, 14, frame.length, ipv6, segment)).toBe(true);
    const { seq: number, payloadLength, mss } = segment;
    return {
      ...said,
      'tcp.seq_raw': number,
      'tcp.len': payloadLength,
      'tcp.options.mss_val': mss || '',
      'tcp.checksum.status': 1,
    };
  }
  const icmp = new IcmpMessage();
  const good = { 'icmpv6.checksum.status': 1 };
  if (parseIcmpv6(frame, ipv6, icmp) === null) {
    const { type, code, id, mtu } = icmp;
    const about =
      type === ICMPV6_ECHO
        ? {}
        : {
            'ipv6.src': `${said['ipv6.src']},${formatAddress(icmp.quote.source)}`,
            'ipv6.dst': `${said['ipv6.dst']},${formatAddress(icmp.quote.destination)}`,
            'ipv6.hlim': '64,64',
            'ipv6.plen': `${said['ipv6.plen']},28`,
          };
    return {
      ...said,
      ...about,
      ...good,
      'icmpv6.type': type,
      'icmpv6.code': code,
      'icmpv6.echo.identifier': id || '',
      'icmpv6.mtu': mtu || '',
    };
  }
  const message = new NeighborMessage();
  expect(parseNeighborMessage(frame, ipv6, message)).toBeNull();
  const { type, target, hasMac, mac } = message;
  const asked = type === NEIGHBOR_SOLICITATION;
  return {
    ...said,
    ...good,
    'icmpv6.type': type,
    [asked ? 'icmpv6.nd.ns.target_address' : 'icmpv6.nd.na.target_address']: formatAddress(target),
    'icmpv6.opt.linkaddr': hasMac ? formatMac(mac) : '',
    ...(asked
      ? {}
      : {
          'icmpv6.nd.na.flag.s': message.solicited ? 1 : 0,
          'icmpv6.nd.na.flag.o': message.override ? 1 : 0,
        }),
  };
}

needs('tshark').test('tshark reads every field as we do, good checksums, nothing malformed', () => {
  const expected = FRAMES.map(ours);
  const fields = [...new Set(expected.flatMap((one) => Object.keys(one)))];
  const said = fieldsByTshark(FRAMES, fields);
  for (const [at, wanted] of expected.entries()) {
    const read = Object.fromEntries(
      Object.entries(wanted).map(([field, value]) => [
        field,
        // Some numbers are printed in hex.
        typeof value === 'number' ? Number(said[at][field]) : said[at][field],
      ]),
    );
    expect(read, describeFrame(FRAMES[at], 0, FRAMES[at].length)).toEqual(wanted);
  }
});
