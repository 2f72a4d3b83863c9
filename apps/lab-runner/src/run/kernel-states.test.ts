import type { Ladder, LadderEnd, LadderRow } from '@tcblab/capture';
import type { Evidence } from '@tcblab/drill/scenario';
import { expect, test } from 'vitest';
import { stateContradictions } from './kernel-states.ts';

type State = NonNullable<LadderEnd['state']>;

/** A connection whose right end is a kernel's: what its packets show, and what it said. */
function contradictions(shown: readonly State[], told: readonly string[]): string[] {
  const end = (state: State | null): LadderEnd => ({ frame: 1, state, changed: true, inferred: true });
  const rows = shown.map((state) => ({
    kind: 'segment',
    connection: 0,
    ends: [end(null), end(state)],
  })) as unknown as LadderRow[];
  const ladder = {
    connections: [{ left: '10.77.0.1:40000', right: '10.77.0.2:7000' }],
    rows,
  } as unknown as Ladder;
  const trace = told.map((state) => {
    const detail = `10.77.0.2:7000 10.77.0.1:40000 ${state}`;
    return { host: 2, event: { name: 'bench_event', time: 0, connection: 0, event: 'kernel_state', detail } };
  });
  const hosts = [
    { host: 'a', trace: [] },
    { host: 'b', trace },
  ];
  return stateContradictions(ladder, { hosts } as unknown as Evidence);
}

const SHOWN: readonly State[] = [
  'SYN-RECEIVED',
  'ESTABLISHED',
  'ESTABLISHED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'CLOSED',
];

test('a kernel that is asked now and then may have passed over states', () => {
  expect(contradictions(SHOWN, ['LISTEN', 'ESTABLISHED', 'LAST-ACK', 'CLOSED'])).toEqual([]);
});

test('a state that no packet shows is told of', () => {
  expect(contradictions(SHOWN, ['ESTABLISHED', 'FIN-WAIT-1'])).toEqual([
    'the kernel of host B said that 10.77.0.2:7000 to 10.77.0.1:40000 was in FIN-WAIT-1; ' +
      'its packets show SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT, LAST-ACK, CLOSED',
  ]);
});

test('states in another order than the packets show them are told of', () => {
  expect(contradictions(SHOWN, ['CLOSE-WAIT', 'ESTABLISHED'])).toHaveLength(1);
});
