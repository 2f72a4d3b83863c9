/** Answers that belong to no connection: resets, echo replies, ICMP errors. Bounded, so that a flood costs no memory. */
import type { Outgoing } from '../tcb/parts.ts';
import type { Address } from '../wire/address.ts';
import { ACK, type Segment } from '../wire/segment.ts';

export interface Echo {
  readonly id: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export interface Reset {
  readonly kind: 'reset';
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  readonly segment: Outgoing;
}

export interface EchoReply {
  readonly kind: 'echo';
  readonly local: Address;
  readonly remote: Address;
  readonly message: Echo;
}

/** An error about a packet that came. */
export interface IcmpError {
  readonly kind: 'error';
  readonly local: Address;
  readonly remote: Address;
  readonly type: number;
  readonly code: number;
  /** The packet, or as much of it as is quoted. */
  readonly about: Uint8Array;
}

export type Reply = Reset | EchoReply | IcmpError;

/** More wait than this only when nobody pulls; the latest are then dropped, and their senders try again. */
const MOST = 256;

export class ReplyQueue {
  readonly #replies: Reply[] = [];

  push(reply: Reply): void {
    if (this.#replies.length < MOST) this.#replies.push(reply);
  }

  shift(): Reply | undefined {
    return this.#replies.shift();
  }
}

/** Make `out` the segment of a reset. */
export function fillReset(out: Segment, { remotePort, localPort, segment }: Reset): void {
  out.clear();
  out.sourcePort = localPort;
  out.destinationPort = remotePort;
  out.seq = segment.seq;
  out.flags = segment.flags;
  const { stamp } = segment;
  if (stamp !== undefined) {
    out.timestamps = true;
    out.tsVal = stamp.tsVal;
    // TSecr tells something only beside an ACK. RFC 7323 §3.2.
    out.tsEcr = segment.ack === undefined ? 0 : stamp.tsEcr;
  }
  if (segment.ack === undefined) return;
  out.ack = segment.ack;
  out.flags |= ACK;
}
