/** A connection: its handshake (lab 03), its teardown (lab 05) and what resets do to it (lab 09). @rfc 9293 3.10 */
import type { CallError, Segment, Tcb, Tcp } from 'tcblab';

// Lab 03: handshake.

export function openActive(tcb: Tcb, tcp: Tcp): void {
  tcb.snd.una = tcb.iss;
  tcb.snd.nxt = tcp.add(tcb.iss, 1);
  tcp.send({ seq: tcb.iss, syn: true });
  tcb.state = 'SYN-SENT';
}

export function openPassive(tcb: Tcb): void {
  tcb.state = 'LISTEN';
}

export function closedArrives(segment: Segment, tcp: Tcp): void {
  if (segment.rst) return;
  if (segment.hasAck) tcp.send({ seq: segment.ack, rst: true });
  else tcp.send({ seq: 0, ack: tcp.add(segment.seq, segment.len), rst: true });
}

export function listenArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  if (segment.rst) return;
  if (segment.hasAck) {
    tcp.send({ seq: segment.ack, rst: true });
    return;
  }
  if (!segment.syn || segment.fin) return;
  takeSyn(tcb, segment, tcp);
  tcb.snd.una = tcb.iss;
  tcb.snd.nxt = tcp.add(tcb.iss, 1);
  tcp.send({ seq: tcb.iss, ack: tcb.rcv.nxt, syn: true });
  tcb.state = 'SYN-RECEIVED';
}

export function synSentArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  const acceptable = acknowledgesSomething(tcb, segment, tcp);
  if (segment.hasAck && !acceptable) {
    if (!segment.rst) tcp.send({ seq: segment.ack, rst: true });
    return;
  }
  if (segment.rst) {
    if (!acceptable) return;
    tcb.error = 'ECONNREFUSED';
    tcb.state = 'CLOSED';
    return;
  }
  if (!segment.syn) return;
  takeSyn(tcb, segment, tcp);
  if (acceptable) {
    tcb.snd.una = segment.ack;
    tcb.state = 'ESTABLISHED';
    tcp.acknowledge();
  } else {
    tcp.send({ seq: tcb.iss, ack: tcb.rcv.nxt, syn: true });
    tcb.state = 'SYN-RECEIVED';
  }
}

export function ackOfSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  if (!acknowledgesSomething(tcb, segment, tcp)) {
    tcp.send({ seq: segment.ack, rst: true });
    return false;
  }
  // An application that has closed already waits for nothing.
  tcb.state = tcb.closing ? 'FIN-WAIT-1' : 'ESTABLISHED';
  return true;
}

/** SND.UNA < SEG.ACK =< SND.NXT */
function acknowledgesSomething({ snd }: Tcb, { hasAck, ack }: Segment, tcp: Tcp): boolean {
  return hasAck && tcp.less(snd.una, ack) && tcp.lessOrEqual(ack, snd.nxt);
}

function takeSyn(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  tcb.irs = segment.seq;
  tcb.rcv.nxt = tcp.add(segment.seq, 1);
  tcp.takeText(segment);
}

// Lab 05: teardown.

export function close(tcb: Tcb): CallError | null {
  switch (tcb.state) {
    case 'CLOSED':
      return 'connection-does-not-exist';
    case 'LISTEN':
    case 'SYN-SENT':
      tcb.state = 'CLOSED';
      return null;
    case 'SYN-RECEIVED':
      if (tcb.closing) return 'connection-closing';
      tcb.closing = true;
      // What waits is sent first, and that needs an open connection.
      if (tcb.queued === 0) tcb.state = 'FIN-WAIT-1';
      return null;
    case 'CLOSE-WAIT':
      // LAST-ACK begins when the FIN goes out, after the last octet that waits.
      if (tcb.closing) return 'connection-closing';
      tcb.closing = true;
      return null;
    case 'ESTABLISHED':
      tcb.closing = true;
      tcb.state = 'FIN-WAIT-1';
      return null;
    default:
      return 'connection-closing';
  }
}

export function finSent(tcb: Tcb): void {
  if (tcb.state === 'CLOSE-WAIT') tcb.state = 'LAST-ACK';
}

export function ackOfFin(tcb: Tcb, tcp: Tcp): boolean {
  const acknowledged = tcb.finSent && tcb.snd.una === tcb.snd.nxt;
  switch (tcb.state) {
    case 'FIN-WAIT-1':
      if (acknowledged) tcb.state = 'FIN-WAIT-2';
      return true;
    case 'CLOSING':
      if (acknowledged) enterTimeWait(tcb, tcp);
      return false;
    case 'LAST-ACK':
      if (acknowledged) tcb.state = 'CLOSED';
      return false;
    case 'TIME-WAIT':
      return false;
    default:
      return true;
  }
}

export function finArrives(tcb: Tcb, tcp: Tcp): void {
  tcb.rcv.nxt = tcp.add(tcb.rcv.nxt, 1);
  tcp.acknowledge();
  switch (tcb.state) {
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
      tcb.state = 'CLOSE-WAIT';
      return;
    case 'FIN-WAIT-1':
      // Had this segment acknowledged our FIN, the fifth check would have made it FIN-WAIT-2.
      tcb.state = 'CLOSING';
      return;
    case 'FIN-WAIT-2':
      enterTimeWait(tcb, tcp);
      return;
    default:
  }
}

export function repeatedFin(_tcb: Tcb, tcp: Tcp): void {
  tcp.startTimeWaitTimer(2 * tcp.msl);
}

export function timeWaitTimeout(tcb: Tcb): void {
  tcb.state = 'CLOSED';
}

function enterTimeWait(tcb: Tcb, tcp: Tcp): void {
  tcb.state = 'TIME-WAIT';
  tcp.startTimeWaitTimer(2 * tcp.msl);
}

// Lab 09: resets.

/** The four cases of the table in §3.4; with a window of 0, the text of an acceptable number is cut off later. */
export function isAcceptable({ rcv }: Tcb, { seq, len }: Segment, tcp: Tcp): boolean {
  if (rcv.wnd === 0) return seq === rcv.nxt;
  if (tcp.inWindow(seq, rcv.nxt, rcv.wnd)) return true;
  return len > 0 && tcp.inWindow(tcp.add(seq, len - 1), rcv.nxt, rcv.wnd);
}

export function unacceptable(_tcb: Tcb, segment: Segment, tcp: Tcp): void {
  if (!segment.rst) tcp.acknowledge();
}

export function checkReset(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  if (!segment.rst) return true;
  if (segment.seq !== tcb.rcv.nxt) {
    tcp.challenge();
    return false;
  }
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      if (!tcb.passive) tcb.error = 'ECONNREFUSED';
      tcb.state = tcb.passive ? 'LISTEN' : 'CLOSED';
      return false;
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      tcb.state = 'CLOSED';
      return false;
    default:
      tcb.error = 'ECONNRESET';
      tcb.state = 'CLOSED';
      return false;
  }
}

export function checkSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  if (!segment.syn) return true;
  if (tcb.state === 'SYN-RECEIVED' && tcb.passive) tcb.state = 'LISTEN';
  else tcp.challenge();
  return false;
}

export function abort(tcb: Tcb, tcp: Tcp): void {
  switch (tcb.state) {
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT':
      tcp.send({ seq: tcb.snd.nxt, rst: true });
      break;
    case 'CLOSED':
      return;
    default:
  }
  tcb.error = 'ECONNABORTED';
  tcb.state = 'CLOSED';
}
