/** Of CUBIC: in its place for every connection, whatever the settings say. */
import { cubic, referenceParts, type CongestionPart } from '@tcblab/tcp';
import { mutant, type Mutant } from './mutant.ts';

const { congestion: newReno } = referenceParts;

const altered = (part: Partial<CongestionPart>) => ({ congestion: { ...cubic, ...part } });

export const cubicMutants: readonly Mutant[] = [
  mutant(
    'halves where CUBIC keeps seven tenths',
    ['RFC9438-4.6', 'RFC9438-4.8', 'MAY-18'],
    altered({
      enterRecovery: (state, flight, smss) => newReno.enterRecovery(state, flight, smss),
      timeout: (state, flight, smss, first) => newReno.timeout(state, flight, smss, first),
    }),
  ),
  mutant(
    'grows only as Reno would',
    ['RFC9438-4.2-target', 'RFC9438-5.1'],
    altered({
      acknowledged: (state, acked, flight, smss) => cubic.acknowledged(state, acked, flight, smss, 0, 0),
    }),
  ),
  mutant(
    'grows by a segment with each ACK',
    ['RFC9438-4.3'],
    altered({
      acknowledged(state, _acked, _flight, smss) {
        state.cwnd += smss;
      },
    }),
  ),
  mutant(
    'has no slow start',
    ['RFC9438-4.10'],
    altered({
      acknowledged(state, acked, flight, smss, now, srtt) {
        state.ssthresh = Math.min(state.ssthresh, state.cwnd);
        cubic.acknowledged(state, acked, flight, smss, now, srtt);
      },
    }),
  ),
];
