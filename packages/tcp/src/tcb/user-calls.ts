/** The user's calls: OPEN, SEND, RECEIVE, CLOSE and ABORT. @rfc 9293 3.10.1 to 3.10.5 */
import type { Micros } from '../units.ts';
import { RST, SYN } from '../wire/segment.ts';
import type { CallError } from './parts.ts';
import type { ConnectionErrorCode, Tcb } from './tcb.ts';
import { controlSeq } from './transmit.ts';

/** Send a SYN; `tcb.iss` was chosen. @rfc 9293 3.10.1-open-active */
export function openActive(_now: Micros, tcb: Tcb): void {
  sendSyn(tcb);
  tcb.output.push({ seq: tcb.iss, flags: SYN });
  tcb.state = 'SYN-SENT';
}

/** @rfc 9293 3.10.1-open-passive, 3.5 MUST-11 */
export function openPassive(_now: Micros, tcb: Tcb): void {
  tcb.passive = true;
  tcb.state = 'LISTEN';
}

/** SND.UNA and SND.NXT as they are once a SYN is on its way. @rfc 9293 3.10.1 */
export function sendSyn(tcb: Tcb): void {
  tcb.snd.una = tcb.iss;
  tcb.snd.nxt = tcb.parts.sequence.add(tcb.iss, 1);
}

/** @rfc 9293 3.10.2 */
export function send(_now: Micros, tcb: Tcb): CallError | null {
  switch (tcb.state) {
    case 'CLOSED':
    case 'LISTEN':
      return 'connection-does-not-exist';
    case 'SYN-SENT':
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'CLOSE-WAIT':
      return tcb.closing ? 'connection-closing' : null;
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      return 'connection-closing';
  }
}

/** @rfc 9293 3.10.3 */
export function receive(_now: Micros, tcb: Tcb): CallError | null {
  switch (tcb.state) {
    case 'CLOSED':
      return tcb.reassembler.available > 0 ? null : 'connection-does-not-exist';
    case 'LISTEN':
    case 'SYN-SENT':
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
      return null;
    case 'CLOSE-WAIT':
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      // The RFC answers "connection closing" in the last three states at once. What came before the peer's FIN is still
      // handed out first, as every socket does: acknowledged octets are the application's.
      return tcb.reassembler.available > 0 ? null : 'connection-closing';
  }
}

/** @rfc 9293 3.10.4 */
export function close(_now: Micros, tcb: Tcb): CallError | null {
  switch (tcb.state) {
    case 'CLOSED':
      return 'connection-does-not-exist';
    case 'LISTEN':
    case 'SYN-SENT':
      end(tcb, null);
      return null;
    case 'SYN-RECEIVED':
      // With octets waiting, the CLOSE waits for ESTABLISHED as they do.
      if (tcb.closing) return 'connection-closing';
      tcb.closing = true;
      if (tcb.sendBuffer.length === 0) tcb.state = 'FIN-WAIT-1';
      return null;
    case 'ESTABLISHED':
      tcb.closing = true;
      tcb.state = 'FIN-WAIT-1';
      return null;
    case 'CLOSE-WAIT':
      // LAST-ACK is entered when the FIN is sent, after the last octet that waits.
      if (tcb.closing) return 'connection-closing';
      tcb.closing = true;
      return null;
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      return 'connection-closing';
  }
}

/** @rfc 9293 3.10.4 CLOSE-WAIT */
export function finSent(now: Micros, tcb: Tcb): void {
  if (tcb.state !== 'CLOSE-WAIT') return;
  tcb.stepTime = now;
  tcb.step = { trigger: 'close', rfc: '3.10.4' };
  tcb.state = 'LAST-ACK';
}

/** @rfc 9293 3.10.5 */
export function abort(_now: Micros, tcb: Tcb): void {
  switch (tcb.state) {
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT': {
      const reset = { seq: controlSeq(tcb), flags: RST };
      end(tcb, 'ECONNABORTED');
      tcb.output.push(reset);
      return;
    }
    case 'LISTEN':
    case 'SYN-SENT':
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      end(tcb, 'ECONNABORTED');
      return;
    case 'CLOSED':
      // An end that was orderly stays so.
      return;
  }
}

/** The connection is no more: nothing is sent or waited for. Octets that were received stay readable after an orderly end. */
export function end(tcb: Tcb, error: ConnectionErrorCode | null, next: 'CLOSED' | 'LISTEN' = 'CLOSED'): void {
  tcb.state = next;
  tcb.error ??= error;
  tcb.timers.cancelAll();
  tcb.recovery.queue.clear();
  tcb.recovery.urgent = null;
  tcb.output.length = 0;
  tcb.ackNow = false;
  tcb.duplicatesOwed = 0;
  tcb.sendBuffer.clear();
  if (error !== null) tcb.reassembler.clear();
}
