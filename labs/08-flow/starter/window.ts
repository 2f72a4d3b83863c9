/** The peer's window, and how much is sent into it. */
import type { Segment, Sender, Tcp } from 'tcblab';

/** Take SND.WND from a segment, unless an older one brought it. @rfc 9293 3.10.7.4 fifth, 7323 2.3 */
export function update(sender: Sender, segment: Segment, tcp: Pick<Tcp, 'less' | 'lessOrEqual'>): void {
  // TODO: wnd, wl1, wl2, maxWnd. Which segments' windows are not scaled?
  throw new Error('update is not written yet');
}

/** How much text the next segment carries; 0 = hold back. @rfc 9293 3.8.6.2.1, 3.7.4 */
export function nextPayload(sender: Sender, unsent: number): number {
  // TODO
  throw new Error('nextPayload is not written yet');
}
