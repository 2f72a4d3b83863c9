/** What a host tells of itself as a comment beside a packet, in the words of RFC 9293. */
import type { RecoveryUpdated, TcbVariables, TraceEvent } from '@tcblab/tcp/trace';

/** The comment that belongs on the packet an event belongs to; null for what the packet itself shows already. */
export function annotate(event: TraceEvent): string | null {
  switch (event.name) {
    case 'state_updated':
      return `tcb: ${event.old} -> ${event.new} (${event.trigger}, RFC 9293 ${event.rfc})`;
    case 'tcb_updated':
      return variables(event.variables);
    case 'recovery_updated':
      return recovery(event);
    case 'segment_dropped':
      return `tcb: dropped (${event.trigger})`;
    case 'segment_sent':
      return event.again ? 'tcb: sent again' : null;
    case 'timer_updated':
      return event.event === 'expired' ? `tcb: ${event.timer} timer expired` : null;
    case 'app_call':
      return `application: ${event.call} -> ${event.result}`;
    case 'bench_event':
      return event.detail === undefined ? `bench: ${event.event}` : `bench: ${event.event}: ${event.detail}`;
    case 'connection_started':
      return `tcb: ${event.passive ? 'passive' : 'active'} connection ${event.connection} begins`;
    case 'segment_received':
      return null;
  }
}

function variables(changed: TcbVariables): string | null {
  let text = '';
  for (const name of VARIABLES) {
    const value = changed[name];
    if (value !== undefined) text += ` ${RFC_NAME[name]}=${value}`;
  }
  return text === '' ? null : `tcb:${text}`;
}

/** Estimates change with every acknowledgement; only what tells of congestion is worth a line in a capture. */
function recovery({ ssthresh, cwnd, dupacks }: RecoveryUpdated): string | null {
  if (ssthresh !== undefined) return `tcb: ssthresh=${ssthresh}${cwnd === undefined ? '' : ` cwnd=${cwnd}`}`;
  return dupacks === undefined || dupacks === 0 ? null : `tcb: duplicate ACK ${dupacks}`;
}

const RFC_NAME = {
  iss: 'ISS',
  irs: 'IRS',
  snd_una: 'SND.UNA',
  snd_nxt: 'SND.NXT',
  snd_wnd: 'SND.WND',
  snd_wl1: 'SND.WL1',
  snd_wl2: 'SND.WL2',
  rcv_nxt: 'RCV.NXT',
  rcv_wnd: 'RCV.WND',
} as const satisfies { readonly [Name in keyof TcbVariables]-?: string };
const VARIABLES = Object.keys(RFC_NAME) as (keyof TcbVariables)[];
