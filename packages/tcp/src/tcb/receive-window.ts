/** RCV.WND: what we offer, without silly windows and without ever taking back. @rfc 9293 3.8.6.2.2 */
import type { Octets } from '../units.ts';
import type { Tcb } from './tcb.ts';

/**
 * Move the right edge of the receive window when there is room worth telling of.
 *
 * @returns whether the window grew
 * @rfc 9293 3.8.6.2.2 MUST-39
 */
export function openWindow(tcb: Tcb): boolean {
  const { rcv, settings, reassembler } = tcb;
  const room = Math.min(settings.receiveBuffer - reassembler.available, 65_535 * 2 ** rcv.scale);
  if (room - rcv.wnd < Math.min(rcv.mss, settings.receiveBuffer / 2)) return false;
  rcv.wnd = room;
  return true;
}

/** `octets` of sequence space were taken: RCV.NXT moves on, the right edge stays. */
export function take(tcb: Tcb, octets: Octets): void {
  tcb.rcv.nxt = tcb.parts.sequence.add(tcb.rcv.nxt, octets);
  tcb.rcv.wnd = Math.max(0, tcb.rcv.wnd - octets);
}

/**
 * The window field of a segment. Rounded up to the scale's unit, as the right edge that was offered must not move back;
 * the buffer holds that little more.
 *
 * @rfc 7323 2.3, 2.4
 */
export function windowField(tcb: Tcb, syn: boolean): number {
  if (syn) return Math.min(65_535, tcb.rcv.wnd);
  return Math.min(65_535, Math.ceil(tcb.rcv.wnd / 2 ** tcb.rcv.scale));
}

/** The smallest scale that lets the field offer the whole buffer, at most 14. @rfc 7323 2.3 */
export function scaleFor(buffer: Octets): number {
  let scale = 0;
  while (scale < 14 && buffer > 65_535 * 2 ** scale) scale++;
  return scale;
}
