import { expect, test } from 'vitest';
import { annotate } from './annotate.ts';

const base = { time: 0, connection: 1 };

test('a change of state names the step and the section that asks for it', () => {
  expect(
    annotate({
      ...base,
      name: 'state_updated',
      old: 'LISTEN',
      new: 'SYN-RECEIVED',
      trigger: 'check-syn',
      rfc: '3.10.7.2',
    }),
  ).toBe('tcb: LISTEN -> SYN-RECEIVED (check-syn, RFC 9293 3.10.7.2)');
});

test('variables carry the names of the RFC, in its order', () => {
  expect(annotate({ ...base, name: 'tcb_updated', variables: { rcv_nxt: 2, snd_una: 1 } })).toBe(
    'tcb: SND.UNA=1 RCV.NXT=2',
  );
});

test('what the packet itself shows, or what changes with each one, is left out', () => {
  const segment = { seq: 1, ack: 2, flags: 16, wnd: 3, length: 0 };
  expect(annotate({ ...base, name: 'segment_received', segment })).toBeNull();
  expect(annotate({ ...base, name: 'segment_sent', segment, again: false })).toBeNull();
  expect(annotate({ ...base, name: 'recovery_updated', srtt: 5, rto: 200_000 })).toBeNull();
  expect(annotate({ ...base, name: 'timer_updated', timer: 'rto', event: 'set', delta: 9 })).toBeNull();
  expect(annotate({ ...base, name: 'segment_sent', segment, again: true })).toBe('tcb: sent again');
  expect(annotate({ ...base, name: 'recovery_updated', ssthresh: 2920, cwnd: 5840 })).toBe(
    'tcb: ssthresh=2920 cwnd=5840',
  );
});
