/** Of slow start, congestion avoidance and fast recovery’s window. */
import { referenceParts } from '@tcblab/tcp';
import { altered, mutant, type Mutant } from './mutant.ts';

const { congestion } = referenceParts;

export const congestionMutants: readonly Mutant[] = [
  mutant(
    'starts with ten segments',
    ['RFC5681-3.1-IW'],
    altered('congestion', { create: (smss) => congestion.create(smss, 10 * smss) }),
  ),
  mutant(
    'starts with three segments whatever their size',
    ['RFC5681-3.1-IW'],
    altered('congestion', {
      create: (smss, window) => congestion.create(smss, window || 3 * smss),
    }),
  ),
  mutant(
    'never grows its window',
    ['RFC5681-3.1-SS', 'MUST-19'],
    altered('congestion', { acknowledged: () => undefined }),
  ),
  mutant(
    'grows by what is acknowledged',
    ['RFC5681-3.1-SS', 'RFC5681-3.1-CA'],
    altered('congestion', {
      acknowledged(state, acked) {
        state.cwnd += acked;
      },
    }),
  ),
  mutant(
    'keeps its window after a timeout',
    ['RFC5681-3.1-LW'],
    altered('congestion', { timeout: () => undefined }),
  ),
  mutant(
    'halves again for the same loss',
    ['RFC5681-3.1-RTO-ssthresh'],
    altered('congestion', {
      timeout: (state, flight, smss) => congestion.timeout(state, Math.floor(flight / 2), smss, true),
    }),
  ),
  mutant(
    'does not halve',
    ['RFC5681-3.2-s2', 'RFC5681-3.2-s3'],
    altered('congestion', {
      enterRecovery: (state, flight, smss) => congestion.enterRecovery(state, 2 * flight, smss),
    }),
  ),
  mutant(
    'does not inflate',
    ['RFC5681-3.2-s4', 'RFC5681-3.2-s5'],
    altered('congestion', { duplicate: () => undefined }),
  ),
  mutant(
    'does not deflate',
    ['RFC5681-3.2-s6', 'RFC6582-3.2-3full'],
    altered('congestion', { exitRecovery: () => undefined }),
  ),
  mutant(
    'lets the handshake grow its window',
    ['RFC5681-3.1-IW-hs', 'RFC5681-3'],
    altered('congestion', {
      create(smss, window) {
        const state = congestion.create(smss, window);
        state.cwnd += smss;
        return state;
      },
    }),
  ),
  mutant(
    'takes nothing back at a partial ACK',
    ['RFC6582-3.2-3partial'],
    altered('congestion', { partialAck: () => undefined }),
  ),
];
