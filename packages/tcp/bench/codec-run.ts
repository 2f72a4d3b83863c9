// One operation at one size, in a process of its own: node --conditions=source bench/codec-run.ts parse|build PAYLOAD
// Prints the nanoseconds for one segment.
import {
  ACK,
  ETHERTYPE_IPV4,
  EthernetHeader,
  Ipv4Header,
  PROTOCOL_TCP,
  PSH,
  Segment,
  parseAddress,
  parseEthernet,
  parseMac,
  parseTcpPacket,
  seq,
  seqAdd,
  writeEthernet,
  writeTcpPacket,
} from '@tcblab/tcp/wire';

const SLOTS = 64;
const SLOT = 2048;
/** A frame begins two octets into its slot, so that the headers behind Ethernet's 14 octets stand on words. */
const AHEAD = 2;
const BATCH = 10_000;
const BATCHES = 101;
const WARM_UP = 50;

const ring = new Uint8Array(SLOTS * SLOT);
const payload = Uint8Array.from({ length: 1460 }, (_, at) => at * 151 + 97);

const ethernet = new EthernetHeader();
const ipv4 = new Ipv4Header();
const segment = new Segment();

function prepare(): void {
  ethernet.destination.copyFrom(parseMac('02:00:00:00:00:0b'));
  ethernet.source.copyFrom(parseMac('02:00:00:00:00:0a'));
  ethernet.etherType = ETHERTYPE_IPV4;
  ipv4.ttl = 64;
  ipv4.protocol = PROTOCOL_TCP;
  ipv4.dontFragment = true;
  ipv4.source.copyFrom(parseAddress('10.0.0.1'));
  ipv4.destination.copyFrom(parseAddress('10.0.0.2'));
  segment.sourcePort = 40_000;
  segment.destinationPort = 80;
  segment.seq = seq(0x7ffff000);
  segment.ack = seq(0x90000000);
  segment.flags = PSH | ACK;
  segment.wnd = 65_535;
  segment.bytes = payload;
}

function buildBatch(size: number): number {
  let sum = 0;
  segment.payloadEnd = size;
  for (let at = 0; at < BATCH; at += 1) {
    segment.seq = seqAdd(segment.seq, size);
    ipv4.id = (ipv4.id + 1) & 0xffff;
    const start = (at % SLOTS) * SLOT + AHEAD;
    const length = writeTcpPacket(ipv4, segment, ring, start + 14);
    writeEthernet(ethernet, ring, start);
    sum = (sum + length) | 0;
  }
  return sum;
}

function parseBatch(size: number): number {
  let sum = 0;
  for (let at = 0; at < BATCH; at += 1) {
    const start = (at % SLOTS) * SLOT + AHEAD;
    if (parseEthernet(ring, start, start + 54 + size, ethernet) !== null) throw new Error('not Ethernet');
    if (!parseTcpPacket(ring, ethernet.payloadStart, ethernet.payloadEnd, ipv4, segment)) {
      throw new Error('not the packet that was built');
    }
    sum = (sum + (segment.seq | 0) + segment.payloadLength) | 0;
  }
  return sum;
}

const [, , operation, size] = process.argv;
const batch = operation === 'build' ? buildBatch : parseBatch;
prepare();
buildBatch(Number(size));
for (let run = 0; run < WARM_UP; run += 1) batch(Number(size));
const times: number[] = [];
for (let run = 0; run < BATCHES; run += 1) {
  const before = process.hrtime.bigint();
  batch(Number(size));
  times.push(Number(process.hrtime.bigint() - before) / BATCH);
}
console.log(times.toSorted((a, b) => a - b)[BATCHES >> 1].toFixed(2));
