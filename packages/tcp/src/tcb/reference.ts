/** The reference implementation of every part, and how a caller's parts are put in their places. */
import { checksum } from '../wire/checksum.ts';
import { parseSegment, writeSegment } from '../wire/tcp.ts';
import { newReno } from './congestion.ts';
import { cubic } from './cubic.ts';
import { icmpArrives } from './icmp-arrives.ts';
import { isn } from './isn.ts';
import { listener } from './listener-part.ts';
import { closedArrives, listenArrives, synSentArrives } from './opening.ts';
import type { ConnectionPart, PartialParts, Parts } from './parts.ts';
import { pathMtu } from './path-mtu.ts';
import { reassembler } from './reassembler.ts';
import { retransmission } from './retransmission.ts';
import { rtt } from './rtt.ts';
import {
  ackOfFin,
  ackOfSyn,
  checkAck,
  checkFin,
  checkReset,
  checkSecurity,
  checkSequence,
  checkSyn,
  checkUrgent,
  finArrives,
  isAcceptable,
  takeText,
  unacceptable,
} from './segment-arrives.ts';
import { sendWindow } from './send-window.ts';
import { sequence } from './sequence.ts';
import type { Settings } from './settings.ts';
import { repeatedFin } from './time-wait.ts';
import { retransmissionTimeout, timeWaitTimeout } from './timeouts.ts';
import { abort, close, finSent, openActive, openPassive, receive, send } from './user-calls.ts';

const connection: ConnectionPart = {
  openActive,
  openPassive,
  send,
  receive,
  close,
  finSent,
  abort,
  closedArrives,
  listenArrives,
  synSentArrives,
  checkSequence,
  isAcceptable,
  unacceptable,
  checkReset,
  checkSecurity,
  checkSyn,
  checkAck,
  ackOfSyn,
  ackOfFin,
  checkUrgent,
  takeText,
  checkFin,
  finArrives,
  repeatedFin,
  icmpArrives,
  retransmissionTimeout,
  timeWaitTimeout,
};

/** Every part as the reference has it. */
export const referenceParts: Parts = {
  checksum: { checksum },
  codec: { parseSegment, writeSegment },
  sequence,
  isn,
  reassembler,
  connection,
  rtt,
  retransmission,
  sendWindow,
  congestion: newReno,
  path: pathMtu,
  listener,
};

/** The caller's parts where given, the reference's elsewhere; of those that the settings choose from, the chosen one. */
export function completeParts(parts: PartialParts = {}, settings: Partial<Settings> = {}): Parts {
  const congestion = settings.cubic ? cubic : newReno;
  return { ...referenceParts, congestion, ...parts, connection: { ...connection, ...parts.connection } };
}

/** Whether the octets are read and written by the reference alone, so that a packet may be handled in one pass. */
export function hasReferenceCodec({ codec, checksum: sum }: Parts): boolean {
  return codec === referenceParts.codec && sum === referenceParts.checksum;
}
