/** Of TIME-WAIT: what may end it. @rfc 9293 3.6.1; 6191; 1337 */
import { ACK, SYN } from '@tcblab/tcp/wire';
import { mutant, reading, type Mutant } from './mutant.ts';

export const timeWaitMutants: readonly Mutant[] = [
  mutant(
    'never opens TIME-WAIT anew',
    ['SHLD-4', 'MAY-2', 'RFC6191-2-ts', 'RFC6191-2-nots'],
    {},
    { timeWaitReuse: 0 },
  ),
  mutant(
    'opens TIME-WAIT anew by any higher number',
    ['9293-3.10.7.4-4syn', 'MAY-2'],
    {},
    { timeWaitReuse: 2 },
  ),
  mutant(
    'takes every SYN for the newest',
    ['SHLD-4', 'RFC6191-2-ts', '9293-3.10.7.4-4syn'],
    reading((segment) => {
      if ((segment.flags & (SYN | ACK)) === SYN && segment.timestamps) segment.tsVal += 0x40000000;
    }),
  ),
  mutant(
    'takes every SYN for one with timestamps',
    ['RFC6191-2-nots', '9293-3.10.7.4-4syn'],
    reading((segment) => {
      if ((segment.flags & (SYN | ACK)) === SYN) segment.timestamps = true;
    }),
  ),
  mutant('obeys resets in TIME-WAIT whatever is set', ['RFC1337-3-F1'], {}, { timeWaitIgnoresResets: 0 }),
];
