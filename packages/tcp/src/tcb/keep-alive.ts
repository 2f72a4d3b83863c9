/** Keep-alive: asks a peer that has long been silent whether it is still there. Off unless asked for. @rfc 9293 3.8.4 */
import type { Micros } from '../units.ts';
import { RST } from '../wire/segment.ts';
import type { Settings } from './settings.ts';
import type { Tcb } from './tcb.ts';
import { controlSeq } from './transmit.ts';
import { end } from './user-calls.ts';

/** How a connection that is kept alive asks. */
export interface KeepAlive {
  /** Silence of the peer before the first probe. @rfc 9293 3.8.4 MUST-27, MUST-28 */
  readonly idle: Micros;
  /** Between probes that nobody answers. */
  readonly interval: Micros;
  /** Probes without an answer after which the connection is given up. One is never enough. @rfc 9293 3.8.4 MUST-29 */
  readonly probes: number;
}

/** As the settings have it. */
export function keepAliveOf({ keepAliveIdle, keepAliveInterval, keepAliveProbes }: Settings): KeepAlive {
  return { idle: keepAliveIdle, interval: keepAliveInterval, probes: keepAliveProbes };
}

/** Begin to watch the peer, or end it with null. Before the connection is open it only takes note. @rfc 9293 3.8.4 MUST-24, MAY-5 */
export function keepAlive(now: Micros, tcb: Tcb, how: KeepAlive | null): void {
  tcb.keepAlive = how;
  tcb.probesSent = 0;
  if (how === null) tcb.timers.cancel('keep-alive');
  else if (isWatched(tcb)) tcb.timers.set('keep-alive', Math.max(now, tcb.heardAt + how.idle));
}

/** The handshake is complete, or a probe is answered: the peer's silence counts from now. */
export function watchPeer(now: Micros, tcb: Tcb): void {
  tcb.heardAt = now;
  tcb.probesSent = 0;
  if (tcb.keepAlive !== null) tcb.timers.set('keep-alive', now + tcb.keepAlive.idle);
}

/**
 * The timer is not set anew by each segment: when it fires, it looks how long the peer has been silent.
 *
 * @rfc 9293 3.8.4 MUST-26, MUST-29, SHLD-12; 9293 3.10.8-user
 */
export function keepAliveTimeout(now: Micros, tcb: Tcb): void {
  const { keepAlive: how, snd, rcv, parts } = tcb;
  if (how === null || !isWatched(tcb)) return;
  const heard = now - tcb.heardAt < how.idle;
  // What waits for its ACK is sent again, and tells as much of the peer as a probe would.
  const busy = snd.una !== snd.nxt || tcb.sendBuffer.length > 0;
  if (heard || busy) {
    tcb.timers.set('keep-alive', heard ? tcb.heardAt + how.idle : now + how.idle);
    return;
  }
  if (tcb.probesSent >= how.probes) {
    const reset = { seq: controlSeq(tcb), flags: RST };
    end(tcb, tcb.softError ?? 'ETIMEDOUT');
    tcb.output.push(reset);
    return;
  }
  // A number that the peer has acknowledged already: it must answer, and nothing is taken.
  tcb.probesSent++;
  tcb.output.push({ seq: parts.sequence.add(snd.nxt, -1), ack: rcv.nxt, flags: 0 });
  tcb.timers.set('keep-alive', now + how.interval);
}

function isWatched({ state }: Tcb): boolean {
  return (
    state === 'ESTABLISHED' || state === 'CLOSE-WAIT' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2'
  );
}
