/**
 * How large a packet the path takes: path MTU discovery, and what keeps a forged "packet too big" from doing harm.
 *
 * @rfc 1191; 8201; 5927 7
 */
import type { Micros, Octets, Seq } from '../units.ts';
import type { IcmpReport } from './icmp-arrives.ts';
import { payloadRoom } from './segment-options.ts';
import type { Tcb } from './tcb.ts';

/** What one connection knows of its path. */
export interface Path {
  /** The most octets of payload that the peer takes in a segment. SendMSS of RFC 9293 §3.7.1. */
  peerMss: Octets;
  /** The estimate; the interface's MTU until a router objects. */
  mtu: Octets;
  /** MTU of our own interface. */
  readonly firstHop: Octets;
  /** IP and TCP header. */
  readonly headers: Octets;
  /** The largest payload that was sent, and the largest that was acknowledged, since the estimate changed last. */
  largestSent: Octets;
  largestAcked: Octets;
  /** The estimate that a doubtful report asks for; 0 = none. It waits for a timeout to bear it out. */
  pending: Octets;
  /** What that report is about: once it is acknowledged, the report was wrong. */
  pendingSeq: Seq;
  /** `PathMtuCache.generation` when this was brought up to date last. */
  generation: number;
  /** When the estimate is forgotten. */
  until: Micros;
}

export interface PathPart {
  /** A router says that a packet of ours did not fit. @returns whether it was believed, now or for later */
  tooBig(now: Micros, tcb: Tcb, report: IcmpReport): boolean;
  /** SND.UNA moves to `ack`. Runs before the retransmission queue forgets what that acknowledges. */
  acknowledged(tcb: Tcb, ack: Seq): void;
  /** The retransmission timer has expired. Runs before anything is sent again. */
  timedOut(now: Micros, tcb: Tcb): void;
}

/**
 * MTUs that links have, from the largest. A router that does not tell its own means the next one below.
 *
 * @rfc 1191 7
 */
const PLATEAUS: readonly Octets[] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/** Every IPv4 link takes this much, and every IPv6 link that. @rfc 1191 3; 8201 4 */
const LEAST_IPV4: Octets = 68;
const LEAST_IPV6: Octets = 1280;

export function createPath(mtu: Octets, mss: Octets): Path {
  return {
    peerMss: mss,
    mtu,
    firstHop: mtu,
    headers: mtu - mss,
    largestSent: 0,
    largestAcked: 0,
    pending: 0,
    pendingSeq: 0 as Seq,
    generation: 0,
    until: Infinity,
  };
}

/** Eff.snd.MSS. @rfc 9293 3.7.1 MUST-16 */
export function effectiveMss(tcb: Tcb): Octets {
  const { path, settings } = tcb;
  const least = Math.min(settings.minPathMtu, path.firstHop);
  return payloadRoom(tcb, Math.min(path.peerMss, Math.max(path.mtu, least) - path.headers));
}

/** The payload of the largest packet that an MTU lets through. */
function roomIn(tcb: Tcb, mtu: Octets): Octets {
  return payloadRoom(tcb, mtu - tcb.path.headers);
}

/** Whether routers are told to drop a packet rather than to cut it. Below the least MTU that we go to, they may cut. @rfc 1191 3-df */
export function forbidsFragments({ path, settings }: Tcb): boolean {
  return path.mtu >= settings.minPathMtu || path.mtu === path.firstHop;
}

/** Look again at what is known of the path, when somebody else has changed it or it has become old. */
export function refreshPath(now: Micros, tcb: Tcb): void {
  const { path, paths } = tcb;
  const known = paths.find(now, tcb.tuple.remoteAddress);
  path.generation = paths.generation;
  path.until = known?.until ?? Infinity;
  const mtu = Math.min(path.firstHop, known?.mtu ?? Infinity);
  if (mtu < path.mtu) shrink(tcb, mtu);
  else {
    path.mtu = mtu;
    tcb.snd.mss = effectiveMss(tcb);
  }
}

/**
 * A report is believed at once when it is about more than the path has ever carried for this connection. Otherwise what
 * it says contradicts the peer's own ACKs: it waits until a timeout bears it out, and is forgotten when progress does not.
 *
 * @rfc 1191 3-reduce, 3-floor, 3-no-increase, 5; 8201 4-floor, 4-reduce, 4-validate, 4-no-increase; 5927 7.2-sent, 7.2-initial, 7.2-pending
 */
function tooBig(now: Micros, tcb: Tcb, { mtu: told, seq, quotedLength }: IcmpReport): boolean {
  const { path, tuple } = tcb;
  const least = tuple.remoteAddress.version === 6 ? LEAST_IPV6 : LEAST_IPV4;
  const mtu = told > 0 ? told : plateauBelow(Math.min(path.mtu, quotedLength > 0 ? quotedLength : Infinity));
  // RFC 1191 §3: no report raises the estimate; and nothing that was within this was ever too big.
  if (mtu < least || mtu >= path.mtu || path.largestSent <= roomIn(tcb, mtu)) return false;
  if (roomIn(tcb, mtu) >= path.largestAcked) learn(now, tcb, mtu);
  else if (path.pending === 0 || mtu < path.pending) {
    path.pending = mtu;
    path.pendingSeq = seq;
  }
  return true;
}

/** @rfc 5927 7.2-progress */
function acknowledged(tcb: Tcb, ack: Seq): void {
  const { path, parts, recovery } = tcb;
  const { sequence } = parts;
  if (path.pending !== 0 && sequence.less(path.pendingSeq, ack)) path.pending = 0;
  if (path.largestAcked >= path.largestSent) return;
  for (let i = 0; i < recovery.queue.length; i++) {
    const { seq, len } = recovery.queue.at(i);
    if (sequence.less(ack, sequence.add(seq, len))) return;
    if (len > path.largestAcked) path.largestAcked = Math.min(len, path.largestSent);
  }
}

/** @rfc 5927 7.2-pending */
function timedOut(now: Micros, tcb: Tcb): void {
  const { path, settings, recovery } = tcb;
  if (path.pending !== 0) return learn(now, tcb, path.pending);
  // A router that drops what is too big and says nothing. RFC 2923 §2.1.
  const { blackHoleTimeouts } = settings;
  if (blackHoleTimeouts === 0 || recovery.queue.length === 0) return;
  const { len, transmissions } = recovery.queue.at(0);
  const mtu = plateauBelow(path.headers - payloadRoom(tcb, 0) + Math.min(len, tcb.snd.mss));
  if (transmissions <= blackHoleTimeouts || len <= path.largestAcked || mtu < settings.minPathMtu) return;
  learn(now, tcb, mtu);
}

export const pathMtu: PathPart = { tooBig, acknowledged, timedOut };

/** The estimate falls to `mtu`, for every connection to that peer. */
function learn(now: Micros, tcb: Tcb, mtu: Octets): void {
  const until = now + tcb.settings.pathMtuAge;
  tcb.paths.learn(now, tcb.tuple.remoteAddress, mtu, until);
  tcb.path.generation = tcb.paths.generation;
  tcb.path.until = until;
  shrink(tcb, mtu);
}

/**
 * What is out and too long is lost for certain: it is cut up and sent again, with no word to congestion control but
 * that it begins slowly.
 *
 * @rfc 1191 6.4-resend, 6.4-slow-start; 8201 5.4; 7323 5.7
 */
function shrink(tcb: Tcb, mtu: Octets): void {
  const { path, recovery, congestion, snd } = tcb;
  path.mtu = mtu;
  path.pending = 0;
  path.largestSent = 0;
  path.largestAcked = 0;
  snd.mss = effectiveMss(tcb);
  const first = recovery.queue.cut(snd.mss, roomIn(tcb, mtu));
  if (first === null) return;
  congestion.ssthresh = Math.max(congestion.ssthresh, congestion.cwnd);
  congestion.cwnd = snd.mss;
  recovery.urgent = first;
}

function plateauBelow(length: Octets): Octets {
  for (const mtu of PLATEAUS) if (mtu < length) return mtu;
  return PLATEAUS[PLATEAUS.length - 1];
}
