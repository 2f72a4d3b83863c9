/** The two queues of a listener. You get how full they are, and say who may come in. */
import type { ListenerQueues } from 'tcblab';

/** Whether a SYN may start one more half-open connection. When not, it is dropped. @rfc 4987 3.2 */
export function admits(queues: ListenerQueues): boolean {
  // TODO
  throw new Error('admits is not written yet');
}

/** Whether the third segment of a handshake may complete it now. When not, it is dropped. */
export function completes(queues: ListenerQueues): boolean {
  // TODO
  throw new Error('completes is not written yet');
}
