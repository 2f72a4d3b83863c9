/** Every mutant, each in the file of its mechanism. Most of each still works: only so is it noticed for what it is. */
import { acknowledgementsMutants } from './acknowledgements.ts';
import { congestionMutants } from './congestion.ts';
import { icmpMutants } from './icmp.ts';
import { cubicMutants } from './cubic.ts';
import { ecnMutants } from './ecn.ts';
import { ipv6Mutants } from './ipv6.ts';
import { lossRecoveryMutants } from './loss-recovery.ts';
import type { Mutant } from './mutant.ts';
import { openingMutants } from './opening.ts';
import { optionsMutants } from './options.ts';
import { patienceMutants } from './patience.ts';
import { queuesMutants } from './queues.ts';
import { rackMutants } from './rack.ts';
import { receivingMutants } from './receiving.ts';
import { resetsMutants } from './resets.ts';
import { sackMutants } from './sack.ts';
import { sendWindowMutants } from './send-window.ts';
import { sequenceCheckMutants } from './sequence-check.ts';
import { synsMutants } from './syns.ts';
import { textAndFinMutants } from './text-and-fin.ts';
import { timeWaitMutants } from './time-wait.ts';
import { timestampsMutants } from './timestamps.ts';
import { userCallsMutants } from './user-calls.ts';

export const mutants: readonly Mutant[] = [
  ...sequenceCheckMutants,
  ...resetsMutants,
  ...synsMutants,
  ...acknowledgementsMutants,
  ...textAndFinMutants,
  ...receivingMutants,
  ...openingMutants,
  ...userCallsMutants,
  ...lossRecoveryMutants,
  ...congestionMutants,
  ...cubicMutants,
  ...sackMutants,
  ...rackMutants,
  ...sendWindowMutants,
  ...queuesMutants,
  ...optionsMutants,
  ...icmpMutants,
  ...ipv6Mutants,
  ...ecnMutants,
  ...timestampsMutants,
  ...timeWaitMutants,
  ...patienceMutants,
];
