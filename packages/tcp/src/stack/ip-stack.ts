/** One host's TCP over IP packets, and ping. Pull only, no clock, no link layer. @rfc 9293 3.9 */
import { MisuseError } from '../misuse-error.ts';
import type { TraceEvent } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import { type Address, isHostAddress } from '../wire/address.ts';
import { formatAddress, parseAddress } from '../wire/address-text.ts';
import { ipVersion } from '../wire/ip.ts';
import type { PartialParts, Parts } from '../tcb/parts.ts';
import { checkService } from '../tcb/ip-service.ts';
import { completeParts } from '../tcb/reference.ts';
import { defaultSettings, type Settings } from '../tcb/settings.ts';
import type { Connection } from './connection.ts';
import { Counters } from './counters.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { Endpoints } from './endpoints.ts';
import { HostAddresses, type Ipv6Options } from './host-addresses.ts';
import { Ipv4Input } from './ipv4-input.ts';
import { Ipv4Output } from './ipv4-output.ts';
import { Ipv6Input } from './ipv6-input.ts';
import { Ipv6Output } from './ipv6-output.ts';
import type { Listener } from './listener.ts';
import type { ConnectionSummary } from './listing.ts';
import { OutputQueue } from './output-queue.ts';
import type { StackEvent } from './pending-events.ts';
import { Tracer } from './tracer.ts';

export interface IpStackOptions {
  /** Ours, such as `10.0.0.1`. */
  readonly address: string;
  /** The host has IPv6 as well. */
  readonly ipv6?: Ipv6Options;
  /** The largest IP packet that the link takes; 576, or 1280 with IPv6, to 9000; 1500 by default. @rfc 8200 5 */
  readonly mtu?: Octets;
  readonly parts?: PartialParts;
  readonly settings?: Partial<Settings>;
  /** Uniform unsigned 32-bit integers: ports and packet ids. */
  readonly random: () => number;
  /** 16 octets that nobody else knows. @rfc 6528 3 */
  readonly isnSecret: Uint8Array;
  /** Keep trace records. */
  readonly trace?: boolean;
}

const DEFAULT_MTU: Octets = 1500;

export class IpStack {
  readonly addresses: HostAddresses;
  readonly mtu: Octets;
  readonly parts: Parts;
  readonly settings: Settings;
  readonly counters = new Counters();
  readonly #trace: TraceEvent[] | null;
  readonly #output: OutputQueue;
  readonly #endpoints: Endpoints;
  readonly #ipv4: Ipv4Input;
  /** Null for a host that has no IPv6. */
  readonly #ipv6: Ipv6Input | null;
  #now = -Infinity;

  constructor(options: IpStackOptions) {
    this.addresses = new HostAddresses(options.address, options.ipv6);
    this.mtu = options.mtu ?? DEFAULT_MTU;
    const least = options.ipv6 === undefined ? 576 : 1280;
    if (!Number.isInteger(this.mtu) || this.mtu < least || this.mtu > 9000) {
      throw new MisuseError('bad-mtu', `an MTU is ${least} to 9000 octets, not ${this.mtu}`);
    }
    if (options.isnSecret.length !== 16) {
      throw new MisuseError('bad-secret', `the ISN secret has 16 octets, not ${options.isnSecret.length}`);
    }
    const { random } = options;
    const isnSecret = Uint8Array.from(options.isnSecret);
    this.parts = completeParts(options.parts, options.settings);
    this.settings = { ...defaultSettings, ...options.settings };
    checkService(this.settings);
    this.#trace = options.trace === true ? [] : null;
    const tracer = this.#trace === null ? null : new Tracer(this.#trace);
    const deadlines = new DeadlineHeap<Connection>();
    const { mtu, parts, settings, counters } = this;
    const ipv4 = new Ipv4Output(parts, random() & 0xffff);
    const ipv6 = new Ipv6Output(parts);
    const output = new OutputQueue({ ipv4, ipv6, deadlines, counters, tracer, service: settings });
    this.#output = output;
    const host = { mtu, parts, settings, random, isnSecret, counters, deadlines, output, tracer };
    const endpoints = new Endpoints(host);
    this.#endpoints = endpoints;
    const input = { mtu, parts, endpoints, output, counters, tracer };
    this.#ipv4 = new Ipv4Input(this.addresses.ipv4, input);
    this.#ipv6 = options.ipv6 === undefined ? null : new Ipv6Input(this.addresses, input);
  }

  /** Ours of IPv4. */
  get address(): Address {
    return this.addresses.ipv4;
  }

  /**
   * OPEN, active.
   *
   * @throws MisuseError for a bad address or port, when that 4-tuple is in use, and `no-ipv6` on a host that has none
   * @rfc 9293 3.10.1, 3.9.2.3, 3.9.1.1 MUST-46
   */
  open(
    now: Micros,
    to: { address: string; port: number; localPort?: number; settings?: Partial<Settings> },
  ): Connection {
    this.#tick(now);
    const remote = parseAddress(to.address);
    if (!isHostAddress(remote) || this.addresses.find(remote) !== null) {
      throw new MisuseError('bad-address', `${to.address} is not the address of another host`);
    }
    const local = this.addresses.sourceFor(remote);
    if (local === null) {
      throw new MisuseError('no-ipv6', `this host has no IPv6 address to reach ${to.address} from`);
    }
    return this.#endpoints.open(
      now,
      local,
      remote,
      { remote: to.port, local: to.localPort },
      to.settings ?? null,
    );
  }

  /** OPEN, passive, for any peer. @throws MisuseError `address-in-use` when the port has a listener. @rfc 9293 3.10.1 */
  listen(now: Micros, at: { port: number; backlog?: number }): Listener {
    this.#tick(now);
    return this.#endpoints.listen(at.port, at.backlog ?? this.settings.backlog);
  }

  /** A packet has come: bytes[start, end), valid during the call. Whatever it holds, nothing is thrown. */
  onPacket(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#tick(now);
    if (start < end && ipVersion(bytes, start) === 6) {
      if (this.#ipv6 === null) this.counters.drop('ipv6: not for this host');
      else this.#ipv6.onPacket(now, bytes, start, end);
    } else this.#ipv4.onPacket(now, bytes, start, end);
  }

  /** A packet of ours came back from the link: no host answers at its next hop. @rfc 1122 2.3.2.2; 4861 7.2.2 */
  onUndeliverable(now: Micros, packet: Uint8Array): void {
    if (ipVersion(packet, 0) === 6) this.#ipv6?.onUndeliverable(now, packet);
    else this.#ipv4.onUndeliverable(now, packet);
  }

  /**
   * Write the next packet at into[start…], which has room for `mtu` octets.
   *
   * @returns octets written; 0 = nothing to send now. Call until 0
   */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    this.#tick(now);
    return this.#output.transmit(now, into, start);
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. Read it again after every call. */
  pollTimeout(): Micros {
    const fragments = Math.min(this.#ipv4.pollTimeout(), this.#ipv6?.pollTimeout() ?? Infinity);
    return Math.min(this.#endpoints.pollTimeout(), fragments);
  }

  /** Handle the timers that are due. An early call does nothing. */
  onTimeout(now: Micros): void {
    this.#tick(now);
    this.#ipv4.onTimeout(now);
    this.#ipv6?.onTimeout(now);
    this.#endpoints.onTimeout(now);
  }

  /** Hosts that have left the same segment unanswered several times since the last call: R1. @rfc 9293 3.8.3 MUST-20 */
  takeSilent(): readonly Address[] {
    return this.#endpoints.takeSilent();
  }

  /** What has happened since the last call, one entry for each connection and listener. */
  takeEvents(): StackEvent[] {
    return this.#endpoints.takeEvents();
  }

  /** The trace records since the last call, in order; empty when no trace is kept. */
  takeTrace(): TraceEvent[] {
    return this.#trace === null ? [] : this.#trace.splice(0);
  }

  /** A netstat-like listing: listeners first. */
  connections(): ConnectionSummary[] {
    return this.#endpoints.connections(this.#ipv6 === null ? formatAddress(this.address) : '*');
  }

  /** A clock that runs backwards would lose timers in silence. */
  #tick(now: Micros): void {
    if (now < this.#now) throw new MisuseError('time-went-back', `now is ${now} µs, after ${this.#now} µs`);
    this.#now = now;
  }
}
