/** Whole frames through every codec: as lines of text, beside tshark, and broken in a hundred thousand ways. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { needs } from '@tcblab/test-needs';
import { fieldsByTshark } from '../../testing/tshark.ts';
import { formatAddress, parseAddress } from './address-text.ts';
import { ARP_REPLY, ArpPacket, parseArp, writeArp } from './arp.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { describeFrame, formatFlagLetters, formatFlags } from './describe.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetHeader, parseEthernet, writeEthernet } from './ethernet.ts';
import {
  ICMP_ECHO,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
  writeIcmp,
} from './icmp.ts';
import { Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4, writeIpv4 } from './ipv4.ts';
import { formatMac, parseMac } from './mac-address.ts';
import type { Malformed } from './malformed.ts';
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, Segment, URG } from './segment.ts';
import { seq } from './seq.ts';
import { fillChecksum, parseSegment, writeSegment } from './tcp.ts';

const ethernet = new EthernetHeader();
ethernet.source.copyFrom(parseMac('02:00:00:00:00:0a'));
ethernet.destination.copyFrom(parseMac('02:00:00:00:00:0b'));
const ipv4 = new Ipv4Header();
ipv4.id = 0x1c46;
ipv4.dontFragment = true;
ipv4.ttl = 64;
ipv4.source.copyFrom(parseAddress('10.0.0.1'));
ipv4.destination.copyFrom(parseAddress('10.0.0.2'));

/** An Ethernet frame round what `write` puts behind an IPv4 header. */
function packetFrame(protocol: number, write: (bytes: Uint8Array, start: number) => number): Uint8Array {
  const bytes = new Uint8Array(1514);
  ethernet.etherType = ETHERTYPE_IPV4;
  ipv4.protocol = protocol;
  writeEthernet(ethernet, bytes, 0);
  const length = write(bytes, 34);
  writeIpv4(ipv4, bytes, 14, length);
  return bytes.slice(0, 34 + length);
}

function tcpFrame(fields: Partial<Segment>, payload = ''): Uint8Array {
  const segment = Object.assign(new Segment(), { sourcePort: 40_000, destinationPort: 80 }, fields);
  segment.bytes = payload === '' ? segment.bytes : Buffer.from(payload);
  segment.payloadEnd = segment.bytes.length;
  return packetFrame(PROTOCOL_TCP, (bytes, start) => {
    const length = writeSegment(segment, bytes, start);
    const pseudo = pseudoHeaderSum(ipv4.source, ipv4.destination, PROTOCOL_TCP, length);
    fillChecksum(bytes, start, start + length, pseudo);
    return length;
  });
}

function icmpFrame(fields: Partial<IcmpMessage>, body: Uint8Array): Uint8Array {
  const message = Object.assign(new IcmpMessage(), fields, { bytes: body, bodyEnd: body.length });
  return packetFrame(PROTOCOL_ICMP, (bytes, start) => writeIcmp(message, bytes, start));
}

function arpFrame(operation: number): Uint8Array {
  const packet = new ArpPacket();
  packet.operation = operation;
  packet.senderMac.copyFrom(ethernet.source);
  packet.senderIp.copyFrom(ipv4.source);
  packet.targetIp.copyFrom(ipv4.destination);
  if (operation === ARP_REPLY) packet.targetMac.copyFrom(ethernet.destination);
  const bytes = new Uint8Array(60);
  ethernet.etherType = ETHERTYPE_ARP;
  writeEthernet(ethernet, bytes, 0);
  writeArp(packet, bytes, 14);
  return bytes;
}

const syn = { flags: SYN, seq: seq(0xfffffffe), wnd: 65_535, mss: 1460, windowScale: 7 };
const synFrame = tcpFrame({ ...syn, sackPermitted: true, timestamps: true, tsVal: 4_000_000_000 });
const data = {
  seq: seq(1),
  ack: seq(0x80000000),
  wnd: 512,
  timestamps: true,
  tsVal: 7,
  tsEcr: 4_000_000_001,
};
const sack = [
  { left: seq(0xfffffff0), right: seq(16) },
  { left: seq(100), right: seq(200) },
];
const FRAMES = [
  synFrame,
  tcpFrame({ ...syn, flags: SYN | ACK, ack: seq(0xffffffff), sackPermitted: true }),
  tcpFrame({ ...data, flags: ACK | PSH }, 'hello'),
  tcpFrame({ ...data, flags: ACK, sack }),
  tcpFrame({ ...data, flags: ACK | URG | ECE | CWR, up: 3 }, 'urgent'),
  tcpFrame({ seq: seq(9), flags: RST }),
  tcpFrame({ ...data, flags: FIN | ACK }, 'x'.repeat(1400)),
  icmpFrame({ type: ICMP_ECHO, id: 0x1234, sequence: 2 }, Buffer.from('ping ping')),
  icmpFrame({ type: ICMP_UNREACHABLE, code: ICMP_FRAGMENTATION_NEEDED, mtu: 1400 }, synFrame.slice(14)),
  icmpFrame({ type: ICMP_TIME_EXCEEDED }, synFrame.slice(14)),
  arpFrame(1),
  arpFrame(2),
];

test('each kind of frame has its line of text', () => {
  const lines = FRAMES.map((frame) => describeFrame(frame, 0, frame.length));
  expect(lines).toMatchInlineSnapshot(`
    [
      "10.0.0.1.40000 > 10.0.0.2.80: S seq 4294967294, win 65535, mss 1460, sackOK, TS val 4000000000 ecr 0, wscale 7, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: S. seq 4294967294, ack 4294967295, win 65535, mss 1460, sackOK, wscale 7, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: P. seq 1, ack 2147483648, win 512, TS val 7 ecr 4000000001, length 5",
      "10.0.0.1.40000 > 10.0.0.2.80: . seq 1, ack 2147483648, win 512, TS val 7 ecr 4000000001, sack 4294967280:16 100:200, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: .UEW seq 1, ack 2147483648, win 512, urg 3, TS val 7 ecr 4000000001, length 6",
      "10.0.0.1.40000 > 10.0.0.2.80: R seq 9, win 0, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: F. seq 1, ack 2147483648, win 512, TS val 7 ecr 4000000001, length 1400",
      "10.0.0.1 > 10.0.0.2: echo request, id 4660, seq 2, length 9",
      "10.0.0.1 > 10.0.0.2: unreachable code 4, mtu 1400, about 10.0.0.1 > 10.0.0.2",
      "10.0.0.1 > 10.0.0.2: time exceeded code 0, about 10.0.0.1 > 10.0.0.2",
      "arp who has 10.0.0.2, tell 10.0.0.1",
      "arp 10.0.0.1 is at 02:00:00:00:00:0a",
    ]
  `);
});

test('what is wrong with a frame is said in its line', () => {
  const line = (bytes: Uint8Array) => describeFrame(bytes, 0, bytes.length);
  expect(line(synFrame.slice(0, 13))).toBe('ethernet truncated at 0');
  expect(line(synFrame.with(16, 0xff))).toBe('ipv4 truncated at 2');
  expect(line(synFrame.with(50, 0))).toBe('10.0.0.1.40000 > 10.0.0.2.80: tcp bad-checksum at 16');
  expect(line(synFrame.with(46, 0x40))).toBe('10.0.0.1 > 10.0.0.2: tcp bad-length at 12');
  expect(line(synFrame.with(12, 0x88).with(13, 0xcc))).toBe(
    '02:00:00:00:00:0a > 02:00:00:00:00:0b: type 0x88cc, length 74',
  );
});

test('flags are written by name, and as packetdrill writes them', () => {
  const samples = [0, SYN, SYN | ACK, FIN | PSH | ACK, RST | ACK];
  expect(samples.map(formatFlags)).toEqual(['none', 'SYN', 'SYN,ACK', 'FIN,PSH,ACK', 'RST,ACK']);
  expect(samples.map(formatFlagLetters)).toEqual(['-', 'S', 'S.', 'FP.', 'R.']);
  expect(formatFlagLetters(URG | ECE | CWR)).toBe('UEW');
});

/** Everything that has been filled by one run through all the parsers, and each one's verdict. */
function parseEverything(bytes: Uint8Array, start: number, end: number) {
  const found: { verdict: Malformed | null; start: number; end: number; record: object }[] = [];
  const note = (verdict: Malformed | null, from: number, to: number, record: object) => {
    found.push({ verdict, start: from, end: to, record });
    return verdict === null;
  };
  const each = (from: number, to: number) => {
    const arp = new ArpPacket();
    const icmp = new IcmpMessage();
    const segment = new Segment();
    note(parseArp(bytes, from, to, arp), from, from, arp);
    if (note(parseIcmp(bytes, from, to, icmp), from, to, icmp)) {
      note(null, icmp.bodyStart, icmp.bodyEnd, icmp.quote);
    }
    if (note(parseSegment(bytes, from, to, segment), segment.payloadStart, segment.payloadEnd, segment)) {
      expect(segment.payload.length).toBe(to - segment.payloadStart);
      expect(segment.windowScale).toBeLessThanOrEqual(14);
      expect(segment.sack.length).toBeLessThanOrEqual(4);
    }
    segment.bytes = icmp.bytes = new Uint8Array(0);
  };
  const link = new EthernetHeader();
  const network = new Ipv4Header();
  each(start, end);
  if (note(parseEthernet(bytes, start, end, link), link.payloadStart, link.payloadEnd, link)) {
    const from = link.payloadStart;
    each(from, end);
    if (note(parseIpv4(bytes, from, end, network), network.payloadStart, network.payloadEnd, network)) {
      each(network.payloadStart, network.payloadEnd);
    }
  }
  return found;
}

/** Numbers that look random and are the same in every run (a 32-bit xorshift). */
function* noise(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

test(
  '100,000 random and mutated frames neither throw nor lead outside their bounds',
  { timeout: 60_000 },
  () => {
    const random = noise(0x9293);
    const below = (limit: number) => random.next().value % limit;
    const slab = new Uint8Array(2048);
    for (let run = 0; run < 100_000; run += 1) {
      const frame = run % 4 === 0 ? new Uint8Array(below(120)) : FRAMES[below(FRAMES.length)];
      const start = below(8);
      slab.set(frame, start);
      let end = start + frame.length;
      if (run % 4 === 0) for (let at = start; at < end; at += 1) slab[at] = random.next().value;
      const headers = Math.min(frame.length, 80);
      for (let left = below(4); left > 0 && headers > 0; left -= 1) {
        slab[start + below(headers)] = [0, 1, 0xff, random.next().value][below(4)];
      }
      if (run % 3 === 0) end = start + below(frame.length + 1);

      // Most mutants die at a checksum: mend the one of IPv4 for half of them.
      if (run % 2 === 0 && end - start >= 34) {
        slab[start + 24] = slab[start + 25] = 0;
        const sum = ~checksum(slab, start + 14, Math.min(end, start + 14 + (slab[start + 14] & 0xf) * 4), 0);
        slab[start + 24] = sum >>> 8;
        slab[start + 25] = sum;
      }

      slab.fill(0, end, end + 64);
      const found = parseEverything(slab, start, end);
      for (const one of found) {
        if (one.verdict === null && !(one.start >= start && one.start <= one.end && one.end <= end)) {
          expect.fail(`run ${run}: [${one.start}, ${one.end}) is not in [${start}, ${end})`);
        }
      }
      if (run % 10 !== 0) continue;
      // What lies behind the end must not matter.
      slab.fill(0xff, end, end + 64);
      expect(parseEverything(slab, start, end)).toEqual(found);
      describeFrame(slab, start, end);
    }
  },
);

/** Good, in tshark's field of a checksum's status. */
const GOOD = 1;

/** The fields of tshark that what we read of a frame should equal; an absent option is an empty field. */
function ours(frame: Uint8Array): Record<string, string | number> {
  const link = new EthernetHeader();
  expect(parseEthernet(frame, 0, frame.length, link)).toBeNull();
  const { payloadStart, payloadEnd } = link;
  const said = {
    'eth.src': formatMac(link.source),
    'eth.dst': formatMac(link.destination),
    'eth.type': link.etherType,
    '_ws.malformed': '',
  };
  if (link.etherType === ETHERTYPE_IPV4) return { ...said, ...oursOfIpv4(frame, payloadStart, payloadEnd) };
  const arp = new ArpPacket();
  expect(parseArp(frame, payloadStart, payloadEnd, arp)).toBeNull();
  return {
    ...said,
    'arp.opcode': arp.operation,
    'arp.src.hw_mac': formatMac(arp.senderMac),
    'arp.src.proto_ipv4': formatAddress(arp.senderIp),
    'arp.dst.hw_mac': formatMac(arp.targetMac),
    'arp.dst.proto_ipv4': formatAddress(arp.targetIp),
  };
}

function oursOfIpv4(frame: Uint8Array, start: number, end: number): Record<string, string | number> {
  const header = new Ipv4Header();
  expect(parseIpv4(frame, start, end, header)).toBeNull();
  const { source, destination, payloadStart, payloadEnd } = header;
  if (header.protocol === PROTOCOL_ICMP) return oursOfIcmp(frame, payloadStart, payloadEnd);
  return {
    'ip.src': formatAddress(source),
    'ip.dst': formatAddress(destination),
    'ip.id': header.id,
    'ip.flags': header.dontFragment ? 2 : 0,
    'ip.ttl': header.ttl,
    'ip.proto': header.protocol,
    'ip.checksum.status': GOOD,
    ...oursOfTcp(frame, payloadStart, payloadEnd),
  };
}

function oursOfIcmp(frame: Uint8Array, start: number, end: number): Record<string, string | number> {
  const message = new IcmpMessage();
  expect(parseIcmp(frame, start, end, message)).toBeNull();
  const { type, code, quote } = message;
  const said = { 'icmp.type': type, 'icmp.code': code, 'icmp.checksum.status': GOOD };
  if (type === ICMP_ECHO) {
    return { ...said, 'icmp.ident': message.id, 'icmp.seq': message.sequence };
  }
  const { source, destination } = ipv4;
  return {
    ...said,
    'icmp.mtu': type === ICMP_UNREACHABLE ? message.mtu : '',
    // The packet's own addresses, then those of the packet it quotes.
    'ip.src': [source, quote.source].map(formatAddress).join(),
    'ip.dst': [destination, quote.destination].map(formatAddress).join(),
  };
}

function oursOfTcp(frame: Uint8Array, start: number, end: number): Record<string, string | number> {
  const segment = new Segment();
  expect(parseSegment(frame, start, end, segment)).toBeNull();
  return {
    'tcp.srcport': segment.sourcePort,
    'tcp.dstport': segment.destinationPort,
    'tcp.seq_raw': segment.seq,
    'tcp.ack_raw': segment.ack,
    'tcp.flags': segment.flags,
    'tcp.window_size_value': segment.wnd,
    'tcp.urgent_pointer': segment.up,
    'tcp.len': segment.payloadLength,
    'tcp.checksum.status': GOOD,
    'tcp.options.mss_val': segment.mss || '',
    'tcp.options.wscale.shift': segment.windowScale < 0 ? '' : segment.windowScale,
    'tcp.options.timestamp.tsval': segment.timestamps ? segment.tsVal : '',
    'tcp.options.timestamp.tsecr': segment.timestamps ? segment.tsEcr : '',
    'tcp.options.sack.count': segment.sack.length || '',
    'tcp.options.sack_le': segment.sack.map(({ left }) => left).join(),
    'tcp.options.sack_re': segment.sack.map(({ right }) => right).join(),
  };
}

/** Two hundred segments with any fields and any options that fit. */
function anySegments(): Uint8Array[] {
  const word = fc.nat(0xffffffff);
  const port = fc.integer({ min: 40_000, max: 60_000 });
  const fields = fc.record({
    sourcePort: port,
    destinationPort: port,
    seq: word.map(seq),
    ack: word.map(seq),
    flags: fc.nat(0xff),
    wnd: fc.nat(0xffff),
    up: fc.nat(0xffff),
    mss: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff })),
    windowScale: fc.integer({ min: -1, max: 14 }),
    sackPermitted: fc.boolean(),
    timestamps: fc.boolean(),
    tsVal: word,
    tsEcr: word,
    sack: fc.array(fc.record({ left: word.map(seq), right: word.map(seq) }), { maxLength: 4 }),
  });
  const payload = fc.string({ unit: 'binary-ascii', maxLength: 40 });
  const samples = fc.sample(fc.tuple(fields, payload), { seed: 9293, numRuns: 200 });
  return samples.map(([segment, text]) => tcpFrame(segment, text));
}

needs('tshark').test('tshark reads every field as we do, good checksums, nothing malformed', () => {
  const frames = [...FRAMES, ...anySegments()];
  const expected = frames.map(ours);
  const fields = [...new Set(expected.flatMap((one) => Object.keys(one)))];
  const said = fieldsByTshark(frames, fields);
  expect(said.length).toBe(frames.length);
  for (const [at, wanted] of expected.entries()) {
    const read = Object.fromEntries(
      Object.entries(wanted).map(([field, value]) => [
        field,
        // Some numbers are printed in hex.
        typeof value === 'number' ? Number(said[at][field]) : said[at][field],
      ]),
    );
    expect(read, describeFrame(frames[at], 0, frames[at].length)).toEqual(wanted);
  }
});
