/** What happens when a timer of a connection expires. @rfc 9293 3.10.8 */
import type { Micros } from '../units.ts';
import { keepAliveTimeout } from './keep-alive.ts';
import type { Tcb } from './tcb.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';
import { end } from './user-calls.ts';
import { bearsOn } from './user-timeout.ts';

/** Handle the timers of the connection that are due. An early call does nothing. */
export function onTimeout(now: Micros, tcb: Tcb): void {
  // A part may set a timer for this very moment, and again each time: that one waits for the next call.
  for (let left = TIMER_NAMES.length; left > 0; left--) {
    const name = tcb.timers.takeDue(now);
    if (name === null) return;
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
    case 'keep-alive':
      return keepAliveTimeout(now, tcb);
    case 'user-timeout':
      return userTimeout(now, tcb);
    case 'delayed-ack':
      tcb.ackNow = true;
  }
}

/**
 * Send the first segment of the retransmission queue again; tell of it after R1, and give up after R2.
 *
 * @rfc 9293 3.10.8-rto, 3.10.8-user, 3.8.3 MUST-20, SHLD-9, SHLD-10
 */
export function retransmissionTimeout(now: Micros, tcb: Tcb): void {
  const { queue } = tcb.recovery;
  if (queue.length > 0 && queue.at(0).transmissions > tcb.settings.unansweredRetransmissions) {
    tcb.unanswered = true;
  }
  tcb.parts.path.timedOut(now, tcb);
  // What the network said meanwhile tells more than that nothing came.
  if (!tcb.parts.retransmission.timeout(now, tcb)) return end(tcb, tcb.softError ?? 'ETIMEDOUT');
  if (tcb.userTimeout.enabled) tcb.userTimeout.owed = true;
}

/** Twice the maximum segment lifetime is over: the pair of sockets may be used again. @rfc 9293 3.10.8-2msl */
export function timeWaitTimeout(_now: Micros, tcb: Tcb): void {
  end(tcb, null);
}

/** Nothing that waits has moved for as long as the user bears with it: flush all, and say so. @rfc 9293 3.10.8-user */
function userTimeout(now: Micros, tcb: Tcb): void {
  if (!bearsOn(now, tcb)) end(tcb, tcb.softError ?? 'ETIMEDOUT');
}
