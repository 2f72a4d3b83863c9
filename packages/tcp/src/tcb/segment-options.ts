/**
 * The options of a connection's segments: what the SYNs agree on, what each segment of ours carries, and the room that
 * takes. Whoever adds an option adds it here, so that a payload never has to guess how long its header is.
 */
import type { Micros, Octets, Seq } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import type { Outgoing } from './parts.ts';
import type { Settings } from './settings.ts';
import type { Tcb } from './tcb.ts';
import { timestamp } from './timestamps.ts';
import { takeUserTimeout, userTimeoutField } from './user-timeout.ts';

/** What the options of both SYNs came to, and what the timestamps have told since. */
export interface OptionVariables {
  /** Snd.TS.OK: both SYNs carried the timestamps option. @rfc 7323 3.2 */
  timestamps: boolean;
  /** Both SYNs permitted selective acknowledgements. @rfc 2018 2 */
  sack: boolean;
  /** What this connection adds to the host's timestamp clock. @rfc 7323 5.4 */
  tsOffset: number;
  /** TS.Recent: echoed in TSecr; what is older is an old duplicate. @rfc 7323 4.3 */
  tsRecent: number;
  /** When TS.Recent was set. @rfc 7323 5.5 */
  tsRecentAt: Micros;
  /** Last.ACK.sent. @rfc 7323 4.3 */
  lastAckSent: Seq;
  /** TSecr of the segment that is being processed; -1 = it brings none that counts. @rfc 7323 3.2 */
  echoed: number;
}

/** Of a connection that has seen no SYN. */
export function noOptions(): OptionVariables {
  return {
    timestamps: false,
    sack: false,
    tsOffset: 0,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: 0 as Seq,
    echoed: -1,
  };
}

/** What a header has room for. @rfc 9293 3.1 */
const OPTIONS_ROOM: Octets = 40;

/** Two no-operations and the option. @rfc 7323 A */
const TIMESTAMPS_ROOM: Octets = 12;
const USER_TIMEOUT_ROOM: Octets = 4;

/**
 * What the peer's SYN offers, as far as ours offers it too.
 *
 * @rfc 7323 2.2-both, 2.2-nosyn, 2.3-shift, 3.2-unneg; 2018 2; 5482 3.1-off
 */
export function agreeOnOptions(now: Micros, tcb: Tcb, syn: Segment): void {
  const { rcv, snd, settings, options } = tcb;
  tcb.peerScale = syn.windowScale;
  // Scaling holds only when both SYNs offered it. RFC 7323 §2.2.
  if (syn.windowScale >= 0) snd.scale = syn.windowScale;
  else {
    rcv.scale = 0;
    rcv.wnd = Math.min(rcv.wnd, 65_535);
  }
  // Settings of a system under test are numbers, so that off is 0.
  options.sack = syn.sackPermitted && Boolean(settings.sack);
  options.timestamps = syn.timestamps && Boolean(settings.timestamps);
  if (syn.userTimeout >= 0) takeUserTimeout(now, tcb, syn.userTimeout);
  if (!options.timestamps) return;
  options.tsRecent = syn.tsVal;
  options.tsRecentAt = now;
}

/**
 * The options of a SYN, or of the SYN,ACK that answers one.
 *
 * @rfc 9293 3.7.1 MUST-14, MUST-65, SHLD-5, MAY-3; 1191 3.1; 7323 2.2-send, 2.2-both, 3.2-all, 3.2-tsecr; 6691 2-mss; 2018 2
 */
export function fillSynOptions(now: Micros, tcb: Tcb, segment: Segment): void {
  const { rcv, settings, options } = tcb;
  const first = tcb.state === 'SYN-SENT';
  segment.mss = rcv.mss;
  // Once a SYN without the option has come, ours does not offer it either. RFC 7323 §2.2.
  if (first || tcb.peerScale >= 0) segment.windowScale = rcv.scale;
  segment.sackPermitted = first ? Boolean(settings.sack) : options.sack;
  if (first ? Boolean(settings.timestamps) : options.timestamps) fillTimestamps(now, tcb, segment);
  if (tcb.userTimeout.enabled) fillUserTimeout(tcb, segment);
}

/** The options of any other segment, whose sequence number, flags and payload stand already. @rfc 7323 3.2-all; 2018 2, 4-no; 5482 3.2-late */
export function fillOptions(now: Micros, tcb: Tcb, segment: Segment): void {
  const { options, sackBlocks, snd } = tcb;
  if (options.timestamps) fillTimestamps(now, tcb, segment);
  const payload = segment.payloadLength;
  // Of a segment that is sent again, the payload may leave no room.
  let room = payload === 0 ? OPTIONS_ROOM : snd.mss - payload;
  if (tcb.userTimeout.owed && room >= USER_TIMEOUT_ROOM) {
    fillUserTimeout(tcb, segment);
    room -= USER_TIMEOUT_ROOM;
  }
  if (!options.sack || !sackBlocks.any || !segment.hasAck || segment.rst) return;
  sackBlocks.fill(segment, room);
}

/**
 * Eff.snd.MSS: what is left of `mss` octets for payload when the options that each segment carries are taken off. The
 * MSS that a SYN announces knows nothing of options: whoever sends them makes room for them.
 *
 * @rfc 6691 2-data; 9293 3.7.1 MUST-16
 */
export function payloadRoom({ options }: Tcb, mss: Octets): Octets {
  return options.timestamps ? mss - TIMESTAMPS_ROOM : mss;
}

function fillUserTimeout({ userTimeout }: Tcb, segment: Segment): void {
  segment.userTimeout = userTimeoutField(userTimeout.advertised);
  userTimeout.owed = false;
}

/** The timestamps of a segment that goes out where no TCB speaks for it. */
export interface Stamp {
  readonly tsVal: number;
  readonly tsEcr: number;
}

/**
 * `reset`, which answers `segment` where no connection is: a TSval that means nothing, and an echo that shows who caused
 * it. As it was, when the segment brought no timestamps or this host does not use them.
 *
 * @rfc 7323 5.2-rstgen
 */
export function stampReset(reset: Outgoing, segment: Segment, settings: Settings): Outgoing {
  if (!segment.timestamps || !settings.timestamps) return reset;
  return { ...reset, stamp: { tsVal: 0, tsEcr: segment.tsVal } };
}

/** `reset` of a connection, to go out when the connection is no more. @rfc 7323 3.2-rst */
export function stampLast(now: Micros, { options }: Tcb, reset: Outgoing): Outgoing {
  if (!options.timestamps) return reset;
  return { ...reset, stamp: { tsVal: timestamp(now, options.tsOffset), tsEcr: options.tsRecent } };
}

/** TSecr tells something only beside an ACK; else it is 0. @rfc 7323 3.2 */
function fillTimestamps(now: Micros, { options }: Tcb, segment: Segment): void {
  segment.timestamps = true;
  segment.tsVal = timestamp(now, options.tsOffset);
  segment.tsEcr = segment.hasAck ? options.tsRecent : 0;
}
