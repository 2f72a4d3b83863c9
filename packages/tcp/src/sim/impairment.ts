/**
 * What happens to frames on a bad wire, as pure decisions: the virtual network and a host's real link obey the same
 * ones. The fate of the n-th frame depends on seed, direction and n alone, never on its bytes, so a run can be repeated
 * even where the frames differ (another ISN, another peer).
 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets } from '../units.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../wire/ethernet.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP } from '../wire/ipv4.ts';
import { PROTOCOL_ICMPV6 } from '../wire/ipv6.ts';
import { createRandom, fraction } from './random.ts';

/** How one direction of a wire misbehaves. Everything left out is "not at all". */
export interface ImpairmentSpec {
  /** Share of frames lost, 0 to 1. */
  readonly loss?: number;
  /** Share of frames that arrive twice, 0 to 1. */
  readonly duplicate?: number;
  /** Share of frames held back by `reorderBy`, so that later ones overtake them, 0 to 1. */
  readonly reorder?: number;
  /** How long a reordered frame is held back beside the usual delay; 2 ms unless told. */
  readonly reorderBy?: Micros;
  /** Share of frames in which one bit is flipped, 0 to 1. */
  readonly corrupt?: number;
  /** Time added to every frame. */
  readonly delay?: Micros;
  /** At most this much more for each frame, evenly spread; frames may overtake each other. */
  readonly jitter?: Micros;
  /** What happens to single frames, whatever the shares say. */
  readonly frames?: readonly FrameRule[];
}

/** The fate of the `nth` frame of one direction, counted from 1. */
export type FrameRule =
  | { readonly nth: number; readonly action: 'drop' | 'duplicate' | 'corrupt' }
  | { readonly nth: number; readonly action: 'delay'; readonly by: Micros };

/** What happens to one frame. The record is reused: read it before asking for the next. */
export interface Fate {
  readonly drop: boolean;
  /** How often it arrives: 0 when dropped, else 1 or 2. */
  readonly copies: number;
  /** Time added before it arrives. */
  readonly delay: Micros;
  /** Which bit is flipped, counted from the first bit of the frame; -1 = none. */
  readonly flipBit: number;
}

export interface Impairment {
  /** Frames asked about so far. */
  readonly count: number;
  /**
   * The fate of the next frame of this direction.
   *
   * @param length octets of the frame; only says where a flipped bit falls
   */
  next(length: Octets): Fate;
}

/**
 * The impairment of one direction of a wire.
 *
 * @param seed printed with the run; the same seed gives the same fates
 * @param direction number of the sending host, so that the two directions differ
 * @throws MisuseError `impossible-impairment` as `checkImpairment` does
 */
export function createImpairment(spec: ImpairmentSpec, seed: number, direction: number): Impairment {
  checkImpairment(spec);
  return new SeededImpairment(spec, seed, direction);
}

/**
 * Whether a spec can be obeyed.
 *
 * @throws MisuseError `impossible-impairment`, saying which value is wrong and what it may be
 */
export function checkImpairment(spec: ImpairmentSpec): void {
  for (const name of SHARES) {
    const share = spec[name];
    if (share !== undefined && !(share >= 0 && share <= 1)) {
      throw impossible(`${name} is ${share}: give a share of the frames from 0 to 1, such as 0.02 for 2 %`);
    }
  }
  for (const name of TIMES) {
    const time = spec[name];
    if (time !== undefined && !(Number.isInteger(time) && time >= 0 && time <= LONGEST_DELAY)) {
      throw impossible(`${name} is ${time}: give whole microseconds from 0 to ${LONGEST_DELAY} (one minute)`);
    }
  }
  for (const rule of spec.frames ?? []) {
    if (!Number.isInteger(rule.nth) || rule.nth < 1) {
      throw impossible(`a rule names frame ${rule.nth}: frames are counted from 1`);
    }
    if (rule.action === 'delay' && !(Number.isInteger(rule.by) && rule.by >= 0 && rule.by <= LONGEST_DELAY)) {
      throw impossible(
        `frame ${rule.nth} is delayed by ${rule.by}: give whole microseconds up to one minute`,
      );
    }
  }
}

/**
 * Whether a frame is one that impairments count and touch: TCP, errors and echoes of ICMP. Address resolution,
 * neighbour discovery and what a kernel says unasked pass untouched, so that "the third frame" means the same
 * on every bench.
 *
 * @param start offset of the Ethernet header
 */
export function isImpairable(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 34) return false;
  const type = (bytes[start + 12] << 8) | bytes[start + 13];
  if (type === ETHERTYPE_IPV4) {
    const protocol = bytes[start + 23];
    return protocol === PROTOCOL_TCP || protocol === PROTOCOL_ICMP;
  }
  if (type !== ETHERTYPE_IPV6) return false;
  const protocol = bytes[start + 20];
  if (protocol !== PROTOCOL_ICMPV6) return protocol === PROTOCOL_TCP;
  const message = bytes[start + 54];
  return end - start > 54 && (message < FIRST_INFORMATION || message === ECHO || message === ECHO_REPLY);
}

/** Types of ICMPv6 below this are errors. @rfc 4443 2.1 */
const FIRST_INFORMATION = 128;
const ECHO = 128;
const ECHO_REPLY = 129;

const SHARES = ['loss', 'duplicate', 'reorder', 'corrupt'] as const;
const TIMES = ['delay', 'jitter', 'reorderBy'] as const;
const LONGEST_DELAY: Micros = 60_000_000;
const REORDER_BY: Micros = 2_000;

function impossible(message: string): MisuseError {
  return new MisuseError('impossible-impairment', message);
}

class SeededImpairment implements Impairment {
  count = 0;
  readonly #spec: ImpairmentSpec;
  readonly #random: () => number;
  readonly #rules = new Map<number, FrameRule[]>();
  readonly #fate = { drop: false, copies: 1, delay: 0, flipBit: -1 };

  constructor(spec: ImpairmentSpec, seed: number, direction: number) {
    this.#spec = spec;
    this.#random = createRandom(seed, STREAM + direction);
    for (const rule of spec.frames ?? []) {
      const others = this.#rules.get(rule.nth);
      if (others) others.push(rule);
      else this.#rules.set(rule.nth, [rule]);
    }
  }

  next(length: Octets): Fate {
    const spec = this.#spec;
    const fate = this.#fate;
    const random = this.#random;
    this.count++;
    // Always six draws, used or not: a run with duplication added loses the same frames as the run without.
    const loss = fraction(random);
    const duplicate = fraction(random);
    const reorder = fraction(random);
    const jitter = fraction(random);
    const corrupt = fraction(random);
    const bit = Math.floor(fraction(random) * length * 8);
    fate.drop = loss < (spec.loss ?? 0);
    fate.copies = duplicate < (spec.duplicate ?? 0) ? 2 : 1;
    fate.flipBit = corrupt < (spec.corrupt ?? 0) ? bit : -1;
    fate.delay = (spec.delay ?? 0) + Math.floor(jitter * ((spec.jitter ?? 0) + 1));
    if (reorder < (spec.reorder ?? 0)) fate.delay += spec.reorderBy ?? REORDER_BY;
    const rules = this.#rules.get(this.count);
    if (rules !== undefined) {
      for (const rule of rules) {
        if (rule.action === 'delay') fate.delay += rule.by;
        else if (rule.action === 'drop') fate.drop = true;
        else if (rule.action === 'duplicate') fate.copies = 2;
        else fate.flipBit = bit;
      }
    }
    if (fate.drop) fate.copies = 0;
    return fate;
  }
}

/** Keeps the numbers of wires apart from those of hosts, which draw from streams 0 to 255. */
const STREAM = 0x1000;
