/** Lab 08: the peer's window, and how much may be sent into it. @rfc 9293 3.8.6 */
import type { Segment, Sender, Tcp } from 'tcblab';

export function update(sender: Sender, segment: Segment, tcp: Pick<Tcp, 'less' | 'lessOrEqual'>): void {
  const isNewer =
    tcp.less(sender.wl1, segment.seq) ||
    (sender.wl1 === segment.seq && tcp.lessOrEqual(sender.wl2, segment.ack));
  if (!isNewer) return;
  // The window of a SYN is never scaled.
  sender.wnd = segment.syn ? segment.wnd : segment.wnd * 2 ** sender.scale;
  sender.maxWnd = Math.max(sender.maxWnd, sender.wnd);
  sender.wl1 = segment.seq;
  sender.wl2 = segment.ack;
}

export function nextPayload(sender: Sender, unsent: number): number {
  const { mss, maxWnd, outstanding, nagle, closing } = sender;
  const usable = Math.min(sender.wnd - outstanding, sender.congestionRoom);
  const size = Math.min(mss, unsent, usable);
  if (size <= 0) return 0;
  if (size === mss) return size;
  // Less than a full segment: all that there is, when nothing is in flight or Nagle's algorithm is off …
  const mayBeSmall = outstanding === 0 || !nagle;
  if (size === unsent && (mayBeSmall || closing)) return size;
  // … or half of the widest window that the peer ever had.
  return size >= maxWnd / 2 && mayBeSmall ? size : 0;
}
