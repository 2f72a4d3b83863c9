/**
 * Puts the fragments of IP packets together again, of either version. Bounded in packets, pieces, octets and time, so
 * that a flood of fragments costs a fixed amount of memory.
 *
 * @rfc 791 3.2; 1122 3.3.2; 5722 4; 8200 4.5
 */
import type { Micros, Octets } from '../units.ts';

/** One fragment that has come, its header read. */
export interface Fragment {
  /** What all fragments of one packet have in common: addresses, protocol, identification. */
  readonly key: string;
  /** Where its payload belongs in the packet's. */
  readonly offset: Octets;
  /** More fragments follow. */
  readonly more: boolean;
  /** Of the first fragment, the header that the whole packet is to have; it is kept. */
  readonly header: Uint8Array | null;
  /** Octets of header that count in the length of the whole. */
  readonly headerLength: Octets;
  /** The payload is bytes[payloadStart, end). */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
}

/** What became of a fragment: a packet is whole, or nothing is to be done, or why it was dropped. */
export type Taken =
  | { readonly kind: 'whole'; readonly packet: Uint8Array; readonly headerLength: Octets }
  | { readonly kind: 'waits' }
  | { readonly kind: 'dropped'; readonly reason: FragmentFault };

export type FragmentFault = 'overlaps' | 'bad-length' | 'too many pieces';

/** Packets of which some fragments are here, and octets that they hold together; the oldest goes first. */
const MOST_PACKETS = 64;
const MOST_OCTETS: Octets = 262_144;
/** A packet in more pieces than this is dropped: as many as the longest needs that goes through 576 octets. */
const MOST_PIECES = 128;
/** A packet is at most this long: one of IPv4 with its header, one of IPv6 without. @rfc 791 3.1; 8200 3 */
const LONGEST: Octets = 65_535;
/** How long the fragments of a packet wait for each other, from the first that came. @rfc 1122 3.3.2; 8200 4.5 */
const WAIT: Micros = 60_000_000;
/** Payloads are cut at multiples of this. @rfc 791 3.1 */
const UNIT: Octets = 8;

const WAITS: Taken = { kind: 'waits' };

interface Piece {
  readonly start: Octets;
  readonly end: Octets;
  readonly bytes: Uint8Array;
}

/** A packet that is not whole yet. */
interface Partial {
  readonly deadline: Micros;
  /** In order, without overlap. */
  pieces: Piece[];
  octets: Octets;
  /** Header of the first fragment; null while it is missing. */
  header: Uint8Array | null;
  /** Length of the payload; -1 while the last fragment is missing. */
  total: Octets;
  /** Two of its fragments said different things: all of it is dropped, whatever else comes. */
  spoiled: boolean;
}

/** The fragments that one host waits for. @rfc 1122 3.3.2-reassemble */
export class Fragments {
  /** The oldest stands first, and so does the earliest deadline. */
  readonly #partial = new Map<string, Partial>();
  #octets: Octets = 0;

  /** Packets that wait for fragments. */
  get size(): number {
    return this.#partial.size;
  }

  /** Octets that they hold. */
  get octets(): Octets {
    return this.#octets;
  }

  /** Take one fragment; of `fragment.bytes` nothing is kept. */
  take(now: Micros, fragment: Fragment): Taken {
    const { offset, more, end, payloadStart, headerLength } = fragment;
    const length = end - payloadStart;
    const tooLong = offset + length + headerLength > LONGEST;
    if (length === 0 || tooLong || (more && length % UNIT !== 0)) return dropped('bad-length');
    const packet = this.#partial.get(fragment.key) ?? this.#begin(now, fragment.key);
    if (packet.spoiled) return dropped('overlaps');
    const fault = this.#add(packet, fragment);
    if (fault === 'again') return WAITS;
    if (fault !== null) {
      this.#spoil(packet);
      return dropped(fault);
    }
    if (packet.octets === packet.total && packet.header !== null) return this.#finish(fragment, packet);
    while (this.#partial.size > MOST_PACKETS || this.#octets > MOST_OCTETS) this.#dropOldest();
    return WAITS;
  }

  pollTimeout(): Micros {
    for (const { deadline } of this.#partial.values()) return deadline;
    return Infinity;
  }

  /**
   * Give up on what has waited too long.
   *
   * @returns of each such packet whose first fragment is here, its header and the octets after it: its sender is told
   * @rfc 1122 3.3.2-timeout
   */
  onTimeout(now: Micros): Uint8Array[] {
    const late: Uint8Array[] = [];
    for (const [key, packet] of this.#partial) {
      if (packet.deadline > now) break;
      if (packet.header !== null && !packet.spoiled)
        late.push(joined(packet.header, packet.pieces.slice(0, 1)));
      this.#forget(key, packet);
    }
    return late;
  }

  #begin(now: Micros, key: string): Partial {
    const packet = { deadline: now + WAIT, pieces: [], octets: 0, header: null, total: -1, spoiled: false };
    this.#partial.set(key, packet);
    return packet;
  }

  /**
   * Two that overlap spoil their packet; an exact double is harmless.
   *
   * @returns null when it was added; `again` for one that is here already, octet for octet
   * @rfc 5722 4
   */
  #add(
    packet: Partial,
    { offset, more, bytes, header, payloadStart, end }: Fragment,
  ): FragmentFault | 'again' | null {
    const { pieces } = packet;
    const piece = { start: offset, end: offset + end - payloadStart, bytes: bytes.slice(payloadStart, end) };
    const at = pieces.findIndex(({ end: pieceEnd }) => pieceEnd > piece.start);
    const next = at < 0 ? undefined : pieces[at];
    if (next !== undefined && next.start < piece.end) return sameOctets(next, piece) ? 'again' : 'overlaps';
    // What lies beyond the last fragment contradicts it, and so does a second last one.
    const last = pieces.at(-1)?.end ?? 0;
    if (packet.total >= 0 && (piece.end > packet.total || !more)) return 'overlaps';
    if (!more && last > piece.end) return 'overlaps';
    if (pieces.length >= MOST_PIECES) return 'too many pieces';
    pieces.splice(at < 0 ? pieces.length : at, 0, piece);
    packet.octets += piece.bytes.length;
    this.#octets += piece.bytes.length;
    if (!more) packet.total = piece.end;
    packet.header = header ?? packet.header;
    return null;
  }

  #finish({ key, headerLength }: Fragment, packet: Partial): Taken {
    const header = packet.header ?? new Uint8Array(0);
    const whole = joined(header, packet.pieces);
    this.#forget(key, packet);
    // The first fragment's header may be longer than those that were counted.
    if (packet.total + headerLength > LONGEST) return dropped('bad-length');
    return { kind: 'whole', packet: whole, headerLength: header.length };
  }

  /** Its octets go; that it was, is remembered until its time is over, so that no later fragment begins it anew. */
  #spoil(packet: Partial): void {
    this.#octets -= packet.octets;
    packet.octets = 0;
    packet.pieces = [];
    packet.spoiled = true;
  }

  #dropOldest(): void {
    for (const [key, packet] of this.#partial) return this.#forget(key, packet);
  }

  #forget(key: string, packet: Partial): void {
    this.#octets -= packet.octets;
    this.#partial.delete(key);
  }
}

function dropped(reason: FragmentFault): Taken {
  return { kind: 'dropped', reason };
}

function sameOctets(a: Piece, b: Piece): boolean {
  return a.start === b.start && a.end === b.end && a.bytes.every((octet, i) => octet === b.bytes[i]);
}

function joined(header: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  const length = pieces.reduce((sum, { bytes }) => sum + bytes.length, header.length);
  const whole = new Uint8Array(length);
  whole.set(header);
  let at = header.length;
  for (const { bytes } of pieces) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
