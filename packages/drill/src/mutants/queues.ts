/** Of a listener’s queues. */
import { referenceParts } from '@tcblab/tcp';
import { altered, mutant, type Mutant } from './mutant.ts';

const { listener } = referenceParts;

export const queuesMutants: readonly Mutant[] = [
  mutant('admits every SYN', ['RFC4987-3.2'], altered('listener', { admits: () => true })),
  mutant(
    'completes every handshake',
    ['9293-3.10.7.4-5ack-synrcvd'],
    altered('listener', { completes: () => true }),
  ),
  mutant(
    'completes no handshake before another waits',
    ['9293-3.10.7.4-5ack-synrcvd'],
    altered('listener', {
      completes: ({ acceptable, halfOpen }) => acceptable > 0 || halfOpen > 1,
    }),
  ),
  mutant(
    'counts only what waits for accept()',
    ['RFC4987-3.2'],
    altered('listener', {
      admits: ({ backlog, acceptable }) => acceptable <= backlog,
    }),
  ),
  mutant(
    'admits one SYN fewer',
    ['9293-3.10.7.2-3syn'],
    altered('listener', {
      admits: (queues) =>
        listener.admits({ ...queues, halfOpen: queues.halfOpen + 1, acceptable: queues.acceptable + 1 }),
    }),
  ),
  mutant(
    'serves one peer at a time',
    ['9293-3.10.1-open-passive', 'MUST-41', 'MUST-42'],
    altered('listener', { admits: ({ halfOpen, acceptable }) => halfOpen + acceptable === 0 }),
  ),
  mutant(
    'listens to nobody',
    ['9293-3.10.1-open-passive', 'MUST-41'],
    altered('listener', { admits: () => false }),
  ),
];
