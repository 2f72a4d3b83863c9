/** One host on one Ethernet: an IP stack and the link under it. Sans-I/O: frames in, frames out, one deadline. */
import { MisuseError } from '../misuse-error.ts';
import type { TraceEvent } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import { formatAddress, parseAddress } from '../wire/address-text.ts';
import { ETHERNET_HEADER_LENGTH } from '../wire/ethernet.ts';
import { linkLocalAddress } from '../wire/ipv6-address.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import { EthernetLink } from './ethernet-link.ts';
import type { StackEvent } from './pending-events.ts';
import { IpStack, type IpStackOptions } from './ip-stack.ts';
import type { Ipv6LinkOptions } from './neighbor-discovery.ts';
import type { Listener } from './listener.ts';
import type { ConnectionSummary } from './listing.ts';

export interface StackOptions extends IpStackOptions {
  /** Ours, locally administered, such as `02:74:63:62:00:01`. */
  readonly mac: string;
  /** Bits of the address that the whole link shares, 1 to 30. */
  readonly prefixLength: number;
  readonly gateway?: string;
  /** The host has IPv6 as well; its link-local address follows from `mac`. */
  readonly ipv6?: Ipv6LinkOptions;
}

/**
 * A host that speaks TCP.
 *
 * Give it frames by `onFrame` and wake it by `onTimeout`; after either, and after each call of its user, pull:
 * `pollTransmit` until 0, then `pollTimeout`, `takeEvents` and `takeTrace`.
 */
export class Stack {
  readonly ip: IpStack;
  readonly link: EthernetLink;
  /** Room that `pollTransmit` needs. */
  readonly maxFrame: Octets;

  constructor(options: StackOptions) {
    this.link = new EthernetLink(options);
    const { ipv6, ...others } = options;
    const linkLocal = formatAddress(linkLocalAddress(this.link.mac));
    this.ip = new IpStack(
      ipv6 === undefined ? others : { ...others, ipv6: { address: ipv6.address, linkLocal } },
    );
    this.maxFrame = ETHERNET_HEADER_LENGTH + this.ip.mtu;
  }

  /** A frame has come: bytes[start, end), valid during the call. Whatever it holds, nothing is thrown. */
  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const packet = this.link.onFrame(now, bytes, start, end);
    if (packet >= 0) this.ip.onPacket(now, bytes, packet, end);
  }

  /**
   * Write the next frame at into[start…], which has room for `maxFrame` octets.
   *
   * @returns octets written; 0 = nothing to send now. Call until 0
   */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    for (;;) {
      const own = this.link.pollTransmit(now, into, start);
      if (own > 0) return own;
      const packet = this.ip.pollTransmit(now, into, start + ETHERNET_HEADER_LENGTH);
      if (packet === 0) return 0;
      const frame = this.link.send(now, into, start, packet);
      if (frame > 0) return frame;
    }
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. Read it again after every call. */
  pollTimeout(): Micros {
    return Math.min(this.link.pollTimeout(), this.ip.pollTimeout());
  }

  /** Handle the timers that are due. An early call does nothing. */
  onTimeout(now: Micros): void {
    this.link.onTimeout(now);
    for (const packet of this.link.takeUndeliverable()) this.ip.onUndeliverable(now, packet);
    this.ip.onTimeout(now);
    for (const remote of this.ip.takeSilent()) this.link.distrust(remote);
  }

  /** @see IpStack.open. Nor may the address be that of the network, or of all its hosts. */
  open(now: Micros, to: { address: string; port: number; localPort?: number }): Connection {
    if (this.link.isNobody(parseAddress(to.address))) {
      throw new MisuseError('bad-address', `${to.address} is not the address of one host`);
    }
    return this.ip.open(now, to);
  }

  /** @see IpStack.listen */
  listen(now: Micros, at: { port: number; backlog?: number }): Listener {
    return this.ip.listen(now, at);
  }

  takeEvents(): StackEvent[] {
    return this.ip.takeEvents();
  }

  connections(): ConnectionSummary[] {
    return this.ip.connections();
  }

  takeTrace(): TraceEvent[] {
    return this.ip.takeTrace();
  }

  get counters(): Counters {
    return this.ip.counters;
  }
}

/** A stack whose parts are the reference's, but for those that the caller gives. @throws MisuseError for bad options */
export function createStack(options: StackOptions): Stack {
  return new Stack(options);
}

/** The same without a link: whole IP packets in and out. @throws MisuseError for bad options */
export function createIpStack(options: IpStackOptions): IpStack {
  return new IpStack(options);
}
