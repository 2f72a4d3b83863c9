/** What happens when a timer of a connection expires. @rfc 9293 3.10.8 */
import type { Micros } from '../units.ts';
import type { Tcb } from './tcb.ts';
import type { TimerName } from './timers.ts';
import { end } from './user-calls.ts';

/** Handle every timer of the connection that is due. An early call does nothing. */
export function onTimeout(now: Micros, tcb: Tcb): void {
  for (let name = tcb.timers.takeDue(now); name !== null; name = tcb.timers.takeDue(now)) {
    tcb.stepTime = now;
    tcb.step = { trigger: `${name}-timeout`, rfc: '3.10.8' };
    tcb.trace?.push({ name: 'timer_updated', time: now, connection: tcb.id, timer: name, event: 'expired' });
    expire(now, tcb, name);
  }
}

function expire(now: Micros, tcb: Tcb, name: TimerName): void {
  switch (name) {
    case 'time-wait':
      return tcb.parts.connection.timeWaitTimeout(now, tcb);
    case 'fin-wait-2':
      return end(tcb, null);
    case 'retransmission':
      return tcb.parts.connection.retransmissionTimeout(now, tcb);
    case 'tail-loss-probe':
    case 'reordering':
      tcb.parts.retransmission.suspicion?.(now, tcb, name);
      return;
    case 'persist':
      tcb.probe = true;
      return;
    case 'delayed-ack':
      tcb.ackNow = true;
  }
}

/** R1: so many retransmissions of a segment, and the application is told that nobody answers. @rfc 9293 3.8.3 SHLD-10 */
const R1 = 3;

/**
 * Send the first segment of the retransmission queue again; tell of it after R1, and give up after R2.
 *
 * @rfc 9293 3.10.8-rto, 3.10.8-user, 3.8.3 MUST-20, SHLD-9
 */
export function retransmissionTimeout(now: Micros, tcb: Tcb): void {
  const { queue } = tcb.recovery;
  if (queue.length > 0 && queue.at(0).transmissions > R1) tcb.unanswered = true;
  tcb.parts.path.timedOut(now, tcb);
  // What the network said meanwhile tells more than that nothing came.
  if (!tcb.parts.retransmission.timeout(now, tcb)) end(tcb, tcb.softError ?? 'ETIMEDOUT');
}

/** Twice the maximum segment lifetime is over: the pair of sockets may be used again. @rfc 9293 3.10.8-2msl */
export function timeWaitTimeout(_now: Micros, tcb: Tcb): void {
  end(tcb, null);
}
