/** What is true of a TCB between any two steps, whatever the peer and the network do. */
import { seqAdd, seqDistance, seqLess } from '../wire/seq.ts';
import { flightSize } from '../tcb/recovery.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { Seq } from '../units.ts';

/** Watches one TCB, step by step; the first `check` sees it as it is. */
export class Watch {
  readonly #tcb: Tcb;
  #nxt: Seq | null = null;
  #una: Seq | null = null;

  constructor(tcb: Tcb) {
    this.#tcb = tcb;
  }

  /**
   * Call when everything that was to be sent has been pulled.
   *
   * @returns what is broken; empty = nothing
   */
  check(): string[] {
    const tcb = this.#tcb;
    const broken: string[] = [];
    const holds = (what: string, fact: boolean) => {
      if (!fact) broken.push(`${tcb.state}: ${what}`);
    };
    if (tcb.state === 'CLOSED' || tcb.state === 'LISTEN') {
      holds('no timer runs', tcb.timers.next() === Infinity);
      holds('nothing waits to be sent', tcb.sendBuffer.length === 0 && tcb.recovery.queue.length === 0);
      return broken;
    }
    numbers(tcb, holds);
    queue(tcb, holds);
    timers(tcb, holds);
    holds('RCV.NXT does not go back', this.#nxt === null || !seqLess(tcb.rcv.nxt, this.#nxt));
    holds('SND.UNA does not go back', this.#una === null || !seqLess(tcb.snd.una, this.#una));
    if (tcb.state !== 'SYN-SENT') this.#nxt = tcb.rcv.nxt;
    this.#una = tcb.snd.una;
    return broken;
  }
}

type Holds = (what: string, fact: boolean) => void;

function numbers({ snd, rcv, settings, reassembler, sendBuffer, congestion, rto }: Tcb, holds: Holds): void {
  holds('SND.UNA =< SND.NXT', seqDistance(snd.una, snd.nxt) >= 0);
  holds('SND.WND is 0 or more', snd.wnd >= 0 && snd.wnd <= snd.maxWnd);
  holds('RCV.WND is 0 or more', rcv.wnd >= 0);
  const most = Math.max((settings.receiveBuffer * 17) / 16 + (1 << rcv.scale), 1);
  holds('no more is promised than the buffer holds', reassembler.available + rcv.wnd <= most);
  holds('no more waits than the send buffer holds', sendBuffer.length <= settings.sendBuffer);
  holds('cwnd lets something out', congestion.cwnd > 0);
  holds('RTO is within its limits', rto > 0 && rto <= Math.max(settings.maxRto, settings.initialRto));
}

function queue(tcb: Tcb, holds: Holds): void {
  const { snd, recovery, sendBuffer } = tcb;
  const sums = { lost: 0, sacked: 0, doubled: 0 };
  let next = snd.una;
  for (let i = 0; i < recovery.queue.length; i++) {
    const record = recovery.queue.at(i);
    holds('the queue has no gap', record.seq === next && record.len > 0);
    next = seqAdd(record.seq, record.len);
    if (record.lost) sums.lost += record.len;
    if (record.sacked) sums.sacked += record.len;
    if (record.doubled) sums.doubled += record.len;
  }
  holds('memory is bounded', recovery.queue.length <= sendBuffer.capacity + 2 && tcb.output.length <= 4);
  holds('the queue covers SND.UNA to SND.NXT', next === snd.nxt);
  holds('lost octets are counted right', sums.lost === recovery.queue.lostOctets);
  holds('SACKed octets are counted right', sums.sacked === recovery.queue.sackedOctets);
  const absent = sums.lost + sums.sacked - sums.doubled;
  holds('what is not in flight is counted right', absent === recovery.queue.absentOctets);
  holds(
    'the peer lacks the first octet that is out',
    recovery.queue.length === 0 || !recovery.queue.at(0).sacked,
  );
  holds('what is in flight is not negative', flightSize(tcb) >= 0);
  const controls = (tcb.synAcked ? 0 : 1) + (tcb.finSent ? 1 : 0);
  holds('only octets of the buffer are out', seqDistance(snd.una, snd.nxt) <= sendBuffer.length + controls);
}

/** A timer runs exactly when something waits for the peer. A wait without one is a connection that hangs. */
function timers(tcb: Tcb, holds: Holds): void {
  const { snd, recovery, sendBuffer, state } = tcb;
  const out = seqDistance(snd.una, snd.nxt);
  holds('the retransmission timer runs iff something is out', tcb.timers.isSet('retransmission') === out > 0);
  holds('nothing more can be sent now', recovery.urgent === null && tcb.output.length === 0);
  const suspects = tcb.timers.isSet('reordering') || tcb.timers.isSet('tail-loss-probe');
  holds('a loss is suspected only of what is out', !suspects || out > 0);
  const open = state !== 'SYN-SENT' && state !== 'SYN-RECEIVED' && state !== 'TIME-WAIT';
  const waits = open && !tcb.finSent && (sendBuffer.length > 0 || tcb.closing);
  holds('octets wait for an ACK or for the persist timer', !waits || out > 0 || tcb.timers.isSet('persist'));
  holds('deadlines are whole', tcb.timers.next() === Infinity || Number.isInteger(tcb.timers.next()));
  holds('TIME-WAIT ends', state !== 'TIME-WAIT' || tcb.timers.isSet('time-wait'));
  const owes = tcb.unacknowledgedText > 0 && state !== 'TIME-WAIT';
  holds('an ACK that is owed is timed', !owes || tcb.timers.isSet('delayed-ack'));
  holds('an ACK that is due is sent', (!tcb.ackNow && tcb.duplicatesOwed === 0) || state === 'SYN-SENT');
}
