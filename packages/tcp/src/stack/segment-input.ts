/** Takes the TCP segment out of a packet that was not read in one pass, whichever version of IP it is. */
import type { Micros, Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { PROTOCOL_TCP, type Ipv4Header } from '../wire/ipv4.ts';
import type { Ipv6Header } from '../wire/ipv6.ts';
import { Segment } from '../wire/segment.ts';
import { BAD_TCP_CHECKSUM, TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import type { Parts } from '../tcb/parts.ts';
import type { Counters } from './counters.ts';
import type { Endpoints } from './endpoints.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Tracer } from './tracer.ts';

/** What the input of either version works with. */
export interface InputOptions {
  /** The largest IP packet that the link takes. */
  readonly mtu: Octets;
  readonly parts: Parts;
  readonly endpoints: Endpoints;
  readonly output: OutputQueue;
  readonly counters: Counters;
  readonly tracer: Tracer | null;
}

export class SegmentInput {
  readonly #options: InputOptions;
  readonly #segment = new Segment();

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /** A packet to `local`, the host's own record of its address, carries a segment. */
  onPacket(now: Micros, bytes: Uint8Array, ip: Ipv4Header | Ipv6Header, local: Address): void {
    const { source, destination, payloadStart, payloadEnd } = ip;
    const { parts, endpoints, counters, tracer } = this.#options;
    const length = payloadEnd - payloadStart;
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, length);
    let reason = 'tcp: truncated';
    if (length >= TCP_HEADER_LENGTH) {
      const isRight = parts.checksum.checksum(bytes, payloadStart, payloadEnd, pseudo) === 0xffff;
      const bad = isRight
        ? parts.codec.parseSegment(bytes, payloadStart, payloadEnd, this.#segment)
        : BAD_TCP_CHECKSUM;
      if (bad === null) return endpoints.onSegment(now, local, source, this.#segment);
      reason = `${bad.layer}: ${bad.reason}`;
    }
    counters.drop(reason);
    tracer?.dropped(now, 0, reason);
  }

  /** A packet that `local` sent came back: no host answers at its next hop. */
  onUndeliverable(now: Micros, bytes: Uint8Array, ip: Ipv4Header | Ipv6Header, local: Address): void {
    const { parts, endpoints } = this.#options;
    const { protocol, destination, payloadStart, payloadEnd } = ip;
    if (protocol !== PROTOCOL_TCP) return;
    if (parts.codec.parseSegment(bytes, payloadStart, payloadEnd, this.#segment) !== null) return;
    endpoints.onUndeliverable(now, local, destination, this.#segment);
  }
}
