/**
 * Two hosts, the wire between them and one virtual clock, for a hand that steps, stops and meddles. Unlike the virtual
 * network of the core it holds what is under way as a list that anyone may reach into; it has no impairments but the hand's.
 */
import type { SeenSegment } from '@tcblab/capture';
import type { Micros, Seq } from '@tcblab/tcp';
import { createRandom, type Random } from '@tcblab/tcp/sim';
import {
  ACK,
  ARP_LENGTH,
  ArpPacket,
  BROADCAST_MAC,
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_ARP,
  EthernetHeader,
  FIN,
  RST,
  SYN,
  formatFlags,
  parseAddress,
  parseMac,
  seqAdd,
  writeArp,
  writeEthernet,
} from '@tcblab/tcp/wire';
import type { Action, Deed, RunRecord } from './action.ts';
import { forgedSyn } from './flood.ts';
import { editFrame, readFrame, type Flight, type HeaderEdit, type Side } from './flight.ts';
import { Host, addressOf, macOf } from './host.ts';

/** One-way time on the wire. */
export const LATENCY: Micros = 50_000;

/** A frame as it passed a host's end of the wire. */
export interface Passing {
  readonly host: Side;
  /** Its place in that host's capture, from 0. */
  readonly place: number;
  readonly time: Micros;
  readonly flight: Flight;
}

export class World {
  readonly seed: number;
  readonly cookies: boolean;
  now: Micros = 0;
  /** Frames that arrived and timers that were due. */
  steps = 0;
  readonly hosts: readonly [Host, Host];
  /** What is on the wire, oldest first. */
  flights: Flight[] = [];
  /** Everything that passed either end, in order. */
  readonly passings: Passing[] = [];
  readonly deeds: Deed[] = [];
  readonly #random: Random;
  readonly #wire = new Uint8Array(2048);
  #lastFlight = 0;
  /** When something happened last. */
  #newest: Micros = 0;
  /** The number of each SYN by its 4-tuple, and whether it was the first of its handshake. */
  readonly #syns = new Map<string, { readonly seq: number; readonly first: boolean }>();

  constructor(seed: number, cookies = false) {
    this.seed = seed;
    this.cookies = cookies;
    this.hosts = [new Host(0, { seed, cookies }), new Host(1, { seed, cookies })];
    this.#random = createRandom(seed, 0);
    this.#introduce();
  }

  /** The same run again, as far as its record goes. */
  static replay(record: RunRecord): World {
    const world = new World(record.seed, record.cookies);
    for (const { steps, time, action } of record.deeds) {
      world.#catchUp(steps, time);
      world.act(action);
    }
    world.#catchUp(record.steps, record.time);
    return world;
  }

  get record(): RunRecord {
    const { seed, cookies, deeds, steps, now } = this;
    return { seed, cookies, deeds: [...deeds], steps, time: now };
  }

  /** When something happens next; Infinity = nothing ever will, unless by hand. */
  nextTime(): Micros {
    let next = Infinity;
    for (const { arrives } of this.flights) next = Math.min(next, arrives);
    for (const { stack } of this.hosts) next = Math.min(next, stack.pollTimeout());
    return next;
  }

  /** From what happened last to what happens next; Infinity = nothing will. */
  get wait(): Micros {
    return this.nextTime() - this.#newest;
  }

  /** Let the next thing happen: a frame arrives, or else a timer is due. @returns false when nothing is to happen */
  step(): boolean {
    const next = this.nextTime();
    if (next === Infinity) return false;
    this.now = Math.max(this.now, next);
    this.#newest = this.now;
    this.steps++;
    const flight = this.flights.find(({ arrives }) => arrives <= next);
    if (flight !== undefined) {
      this.#arrive(flight);
      return true;
    }
    const host = this.hosts.find(({ stack }) => stack.pollTimeout() <= next);
    if (host === undefined) return false;
    host.stack.onTimeout(this.now);
    this.#serve(host);
    return true;
  }

  /** Let everything happen up to the time `to`; the clock then stands there. */
  advance(to: Micros): void {
    while (this.nextTime() <= to) this.step();
    this.now = Math.max(this.now, to);
  }

  /** What a hand does now. What cannot be done any more is passed over. */
  act(action: Action): void {
    this.#newest = this.now;
    this.deeds.push({ steps: this.steps, time: this.now, action });
    if ('flight' in action) return this.#meddle(action);
    const host = this.hosts[action.side];
    const { now } = this;
    switch (action.kind) {
      case 'listen':
        host.listen(now, action.port, action.backlog);
        break;
      case 'stop-listening':
        host.stopListening(now);
        break;
      case 'open':
        host.open(now, action.port, action.localPort);
        break;
      case 'send':
        host.send(now, new TextEncoder().encode(action.text));
        break;
      case 'send-octets':
        host.send(now, new Uint8Array(action.octets).fill(0x2e));
        break;
      case 'close':
        host.close(now);
        break;
      case 'abort':
        host.abort(now);
        break;
      case 'read':
        host.reads = action.on;
        break;
      case 'hold':
        host.hold = action.hold;
        break;
      case 'flood':
        for (let each = 0; each < action.count; each++) {
          this.#send(host, forgedSyn(action.side, action.port, this.#random));
        }
        break;
    }
    this.#serve(host);
  }

  /** What a segment's numbers count from: each side's SYN. 0 where none was seen. */
  bases({ source, sourcePort, destination, destinationPort }: SeenSegment): { seq: number; ack: number } {
    const [here, there] = [`${source}:${sourcePort}`, `${destination}:${destinationPort}`];
    const base = (key: string) => this.#syns.get(key)?.seq ?? 0;
    return { seq: base(`${here} ${there}`), ack: base(`${there} ${here}`) };
  }

  #catchUp(steps: number, time: Micros): void {
    while (this.steps < steps && this.step());
    this.now = Math.max(this.now, time);
  }

  #meddle(action: Extract<Action, { flight: number }>): void {
    const flight = this.flights.find(({ id }) => id === action.flight);
    if (flight === undefined) return;
    const sender = this.hosts[flight.from];
    const note = (event: string, detail: string) => sender.note(this.now, flight.frame, event, detail);
    switch (action.kind) {
      case 'deliver':
        this.#arrive(flight);
        break;
      case 'drop':
        this.#leave(flight);
        flight.lost = true;
        note('lost', 'taken off the wire');
        break;
      case 'duplicate':
        this.flights.push({ ...flight, id: ++this.#lastFlight, copy: true });
        flight.copied = true;
        note('duplicated', 'copied on the wire');
        break;
      case 'delay':
        flight.arrives =
          Math.max(this.now, flight.arrives === Infinity ? this.now : flight.arrives) + action.by;
        note('delayed', `held back for ${action.by / 1000} ms`);
        break;
      case 'edit':
        this.#edit(flight, action, note);
        break;
    }
  }

  #edit(flight: Flight, edit: HeaderEdit, note: (event: string, detail: string) => void): void {
    const bytes = editFrame(flight.bytes, edit);
    const { seen } = flight;
    if (bytes === null || seen.kind !== 'tcp') return;
    flight.bytes = bytes;
    flight.seen = readFrame(bytes);
    flight.edited = true;
    const changes = [
      edit.seq === seen.seq ? '' : `seq ${signed(edit.seq - seen.seq)}`,
      edit.ack === seen.ack ? '' : `ack ${signed(edit.ack - seen.ack)}`,
      edit.flags === seen.flags ? '' : `${formatFlags(seen.flags)} to ${formatFlags(edit.flags)}`,
      edit.wnd === seen.wnd ? '' : `win ${edit.wnd}`,
    ];
    note('edited', `edited: ${changes.filter((change) => change !== '').join(', ') || 'nothing'}`);
  }

  #arrive(flight: Flight): void {
    this.#leave(flight);
    const host = this.hosts[flight.from === 0 ? 1 : 0];
    host.collect();
    flight.received = host.tap(this.now, flight.bytes, 'in');
    this.#passed(host, flight);
    host.stack.onFrame(this.now, flight.bytes, 0, flight.bytes.length);
    host.collect(flight.received);
    this.#serve(host);
  }

  #leave(flight: Flight): void {
    this.flights = this.flights.filter((each) => each !== flight);
  }

  #passed(host: Host, flight: Flight): void {
    this.passings.push({ host: host.side, place: host.frames.length - 1, time: this.now, flight });
  }

  /** Something happened to a host: its program acts, and what it sends goes on the wire. */
  #serve(host: Host): void {
    host.serve(this.now);
    host.collect();
    for (;;) {
      const length = host.stack.pollTransmit(this.now, this.#wire, 0);
      if (length === 0) break;
      const bytes = this.#wire.slice(0, length);
      if (isArp(bytes)) this.#resolve(host, bytes);
      else this.#send(host, bytes);
    }
    host.collect();
  }

  #send(host: Host, bytes: Uint8Array): void {
    const frame = host.tap(this.now, bytes, 'out');
    host.collect(frame);
    const seen = readFrame(bytes);
    const flight: Flight = {
      id: ++this.#lastFlight,
      from: host.side,
      frame,
      sent: this.now,
      arrives: this.now + LATENCY,
      bytes,
      seen,
      edited: false,
      copy: false,
      copied: false,
      received: null,
      lost: false,
    };
    const third = this.#isThirdAck(flight);
    if (host.hold === 'everything' || (host.hold === 'third-ack' && third)) flight.arrives = Infinity;
    this.flights.push(flight);
    this.#passed(host, flight);
  }

  /** The segment that completes a handshake, or its like sent again. */
  #isThirdAck({ seen }: Flight): boolean {
    if (seen.kind !== 'tcp') return false;
    const { flags, length } = seen;
    const here = `${seen.source}:${seen.sourcePort}`;
    const there = `${seen.destination}:${seen.destinationPort}`;
    if ((flags & SYN) !== 0) {
      this.#syns.set(`${here} ${there}`, { seq: seen.seq, first: (flags & ACK) === 0 });
      return false;
    }
    const [own, theirs] = [this.#syns.get(`${here} ${there}`), this.#syns.get(`${there} ${here}`)];
    if (own?.first !== true || theirs === undefined || length > 0 || (flags & (FIN | RST | ACK)) !== ACK)
      return false;
    return seen.seq === seqAdd(own.seq as Seq, 1) && seen.ack === seqAdd(theirs.seq as Seq, 1);
  }

  /** Questions for Ethernet addresses pass unseen and at once: nobody comes here to meddle with them. */
  #resolve(from: Host, bytes: Uint8Array): void {
    const to = this.hosts[from.side === 0 ? 1 : 0];
    to.stack.onFrame(this.now, bytes, 0, bytes.length);
    const length = to.stack.link.pollTransmit(this.now, this.#wire, 0);
    if (length > 0) from.stack.onFrame(this.now, this.#wire, 0, length);
  }

  /** The hosts have met before. */
  #introduce(): void {
    const [left, right] = this.hosts;
    const request = new ArpPacket();
    request.senderMac.copyFrom(parseMac(macOf(0)));
    request.senderIp.copyFrom(parseAddress(addressOf(0)));
    request.targetIp.copyFrom(parseAddress(addressOf(1)));
    const frame = new Uint8Array(ETHERNET_HEADER_LENGTH + ARP_LENGTH);
    const ethernet = new EthernetHeader();
    ethernet.destination.copyFrom(BROADCAST_MAC);
    ethernet.source.copyFrom(request.senderMac);
    ethernet.etherType = ETHERTYPE_ARP;
    writeEthernet(ethernet, frame, 0);
    writeArp(request, frame, ETHERNET_HEADER_LENGTH);
    right.stack.onFrame(0, frame, 0, frame.length);
    const length = right.stack.link.pollTransmit(0, this.#wire, 0);
    left.stack.onFrame(0, this.#wire, 0, length);
  }
}

function isArp(bytes: Uint8Array): boolean {
  return ((bytes[12] << 8) | bytes[13]) === ETHERTYPE_ARP;
}

function signed(difference: number): string {
  return difference < 0 ? `−${-difference}` : `+${difference}`;
}
