/** The part of a host in the middle of the wire. */
import { Middlebox } from '../../drive/middlebox.ts';
import { ImpairedDirection } from '../../impair/impaired-direction.ts';
import { openRawLink } from '../../link/raw-link.ts';
import type { MiddleboxJob } from '../protocol.ts';
import type { Role, Surroundings } from './role.ts';

/** @throws MachineError when an interface cannot be opened, MisuseError for an impossible impairment */
export function playMiddlebox(job: MiddleboxJob, { clock, onRecord }: Surroundings): Role {
  const [there, back] = job.impairment;
  const impairment = [
    new ImpairedDirection(there, job.seed, 1),
    new ImpairedDirection(back, job.seed, 2),
  ] as const;
  const first = openRawLink({ interface: job.interfaces[0], hear: 'incoming' });
  let second;
  try {
    second = openRawLink({ interface: job.interfaces[1], hear: 'incoming' });
  } catch (error) {
    first.close();
    throw error;
  }
  const box = new Middlebox({
    clock,
    links: [first, second],
    impairment,
    onHarm(from, note) {
      const detail = `${from === 0 ? 'a to b' : 'b to a'}: ${note}`;
      onRecord({ name: 'bench_event', time: clock.now(), connection: 0, event: 'middlebox', detail }, 0);
    },
  });
  return {
    warnings: [...first.refused, ...second.refused].map(({ message }) => message),
    done: Promise.resolve(),
    arm: () => {},
    start: () => {},
    progress: () => ({ elapsed: 0, stepsDone: 0, steps: 0, octets: 0, frames: first.statistics().received }),
    finish() {
      box.close();
      return Promise.resolve({
        application: null,
        faults: [],
        warnings: [],
        links: [first.statistics(), second.statistics()],
        captureOctets: 0,
        counters: null,
        left: [],
        crashed: null,
      });
    },
  };
}
