/** Lab 06: the two queues of a listener. @rfc 4987 3.2 */
import type { ListenerQueues } from 'tcblab';

/** One more than the backlog, so that a backlog of 0 still serves one. */
export function admits({ backlog, halfOpen, acceptable }: ListenerQueues): boolean {
  return halfOpen <= backlog && acceptable <= backlog;
}

export function completes({ backlog, acceptable }: ListenerQueues): boolean {
  return acceptable <= backlog;
}
