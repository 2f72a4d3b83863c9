/**
 * SYNs of nobody, for what a listener makes of them: `syn-flood.ts '{"frames": …, "perSecond": …}'` in a
 * namespace that a test has made, at the other end of whose eth0 a host of ours is 10.77.0.1. Each frame claims another
 * address of 10.99.0.0/16 and another port. It prints `ready`, then one line when all are sent.
 */
import {
  ETHERTYPE_IPV4,
  EthernetHeader,
  Ipv4Header,
  PROTOCOL_TCP,
  SYN,
  Segment,
  parseAddress,
  parseMac,
  seq,
  writeEthernet,
  writeTcpPacket,
} from '@tcblab/tcp/wire';
import { openRawLink } from '../src/index.ts';
import { Outbox } from '../src/link/outbox.ts';

export interface FloodTask {
  readonly frames: number;
  readonly perSecond: number;
  readonly port: number;
}

const task = JSON.parse(process.argv[2]) as FloodTask;
const mac = '02:74:63:62:00:99';
const link = openRawLink({ interface: 'eth0', hear: { mac } });
const outbox = new Outbox(link, 128);

const ethernet = new EthernetHeader();
ethernet.source.copyFrom(parseMac(mac));
ethernet.destination.copyFrom(parseMac('02:74:63:62:00:01'));
ethernet.etherType = ETHERTYPE_IPV4;
const ip = new Ipv4Header();
ip.destination.copyFrom(parseAddress('10.77.0.1'));
ip.ttl = 64;
ip.protocol = PROTOCOL_TCP;
const syn = new Segment();
syn.destinationPort = task.port;
syn.flags = SYN;
syn.wnd = 65_535;
syn.mss = 1460;

const NETWORK = parseAddress('10.99.0.0').w3;
/** Frames are sent in steps of so many milliseconds. */
const STEP = 5;

console.log('ready');
const started = performance.now();
let made = 0;
while (made < task.frames) {
  const due = Math.min(task.frames, Math.ceil(((performance.now() - started) * task.perSecond) / 1000));
  while (made < due) {
    while (made < due && !outbox.full) make(made++);
    // A wire that takes no more loses them.
    if (!outbox.flush()) outbox.clear();
  }
  await new Promise((resolve) => setTimeout(resolve, STEP));
}
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ sent: link.statistics().sent, seconds }));
link.close();

function make(number: number): void {
  const { bytes, at } = outbox;
  ip.source.setIpv4(NETWORK | (1 + (number % 65_534)));
  ip.id = number & 0xffff;
  syn.sourcePort = 1024 + ((number * 7) % 60_000);
  syn.seq = seq(Math.imul(number, 0x9e37_79b1));
  const header = writeEthernet(ethernet, bytes, at);
  outbox.commit(header + writeTcpPacket(ip, syn, bytes, at + header));
}
