/** RCV.WND: what we offer, without silly windows and without ever taking back. @rfc 9293 3.8.6.2.2 */
import type { Octets } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import type { Tcb } from './tcb.ts';

/**
 * Move the right edge of the receive window when there is room worth telling of.
 *
 * @returns whether the window grew
 * @rfc 9293 3.8.6.2.2 MUST-39, 3.8.6.1 MAY-8
 */
export function openWindow(tcb: Tcb): boolean {
  const { rcv, settings, reassembler } = tcb;
  const room = Math.min(settings.receiveBuffer - reassembler.available, widest(tcb));
  if (room - rcv.wnd < Math.min(rcv.mss, settings.receiveBuffer / 2)) return false;
  rcv.wnd = room;
  return true;
}

/** Whether the peer has used up more than half of the widest window that it was ever offered. */
export function isNarrow(tcb: Tcb): boolean {
  return tcb.rcv.wnd < Math.min(tcb.settings.receiveBuffer, widest(tcb)) / 2;
}

/** As much as the field can tell of. */
function widest({ rcv }: Tcb): Octets {
  return 65_535 * 2 ** rcv.scale;
}

/**
 * `octets` of sequence space were taken: RCV.NXT moves on, the right edge stays.
 *
 * @rfc 9293 3.8.6 SHLD-14; 7323 2.4-2
 */
export function take(tcb: Tcb, octets: Octets): void {
  const { rcv, parts } = tcb;
  rcv.nxt = parts.sequence.add(rcv.nxt, octets);
  rcv.wnd = Math.max(0, rcv.wnd - octets);
  // What is owed for the hole that is filled now would be taken for duplicates of the next one.
  tcb.duplicatesOwed = 0;
  // Left alone for 2^31 octets, an old urgent pointer would seem to lie ahead.
  if (parts.sequence.less(rcv.up, rcv.nxt)) rcv.up = rcv.nxt;
}

/**
 * Hand the text from `from` on to the reassembler, cut at the right edge. @returns by how much RCV.NXT moved
 *
 * @rfc 9293 3.10.7.4-1trim; 7323 2.4-1
 */
export function insertText(tcb: Tcb, offset: Octets, segment: Segment, from: number): Octets {
  const to = Math.min(segment.payloadEnd, from + tcb.rcv.wnd - offset);
  if (to <= from) return 0;
  const moved = tcb.reassembler.insert(offset, segment.bytes, from, to);
  if (moved > 0) take(tcb, moved);
  return moved;
}

/**
 * The window field of a segment that goes out now. RCV.WND is rounded up to the scale's unit and keeps what was added:
 * an edge that was offered neither moves back nor goes unhonoured. A peer that sends octet by octet pushes the edge
 * before it in this way: once the buffer would have to hold a sixteenth more than its size, the field is rounded down.
 *
 * @rfc 9293 3.8.6 SHLD-14; 7323 2.2-synwnd, 2.3, 2.4
 */
export function offerWindow(tcb: Tcb, syn: boolean): number {
  const { rcv, settings, reassembler } = tcb;
  if (syn) return Math.min(65_535, rcv.wnd);
  const unit = 1 << rcv.scale;
  const full = reassembler.available + rcv.wnd >= (settings.receiveBuffer * 17) / 16;
  const field = Math.min(65_535, full ? Math.floor(rcv.wnd / unit) : Math.ceil(rcv.wnd / unit));
  rcv.wnd = Math.max(rcv.wnd, field * unit);
  return field;
}

/** The smallest scale that lets the field offer the whole buffer, at most 14. @rfc 7323 2.3 */
export function scaleFor(buffer: Octets): number {
  let scale = 0;
  while (scale < 14 && buffer > 65_535 * 2 ** scale) scale++;
  return scale;
}
