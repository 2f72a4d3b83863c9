/** The part of a host in the middle of the wire. */
import type { PlatformFault } from '@tcblab/drill/scenario';
import { Middlebox } from '../../drive/middlebox.ts';
import { ImpairedDirection } from '../../impair/impaired-direction.ts';
import { openRawLink } from '../../link/raw-link.ts';
import type { MiddleboxJob } from '../protocol.ts';
import { textOf, type Role, type Surroundings } from './role.ts';

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
  const faults: PlatformFault[] = [];
  let over: () => void = () => {};
  const done = new Promise<void>((resolve) => (over = resolve));
  const box = new Middlebox({
    clock,
    links: [first, second],
    impairment,
    onHarm(from, note) {
      const detail = `${from === 0 ? 'a to b' : 'b to a'}: ${note}`;
      onRecord({ name: 'bench_event', time: clock.now(), connection: 0, event: 'middlebox', detail }, 0);
    },
    onFault(error) {
      // One broken link soon breaks both ways across.
      if (faults.length > 0) return;
      faults.push({ what: `the middlebox lost a link: ${textOf(error)}`, next: 'run again' });
      over();
    },
  });
  return {
    warnings: [...first.refused, ...second.refused].map(({ message }) => message),
    done,
    arm: () => {},
    start: () => {},
    progress: () => ({ elapsed: 0, stepsDone: 0, steps: 0, octets: 0, frames: first.statistics().received }),
    sockets: () => ({ host: null, implementation: null, sockets: [] }),
    finish() {
      box.close();
      over();
      const links = [first.statistics(), second.statistics()];
      const dropped = links[0].dropped + links[1].dropped;
      if (dropped > 0) {
        const what = `the kernel dropped ${dropped} frames before the middlebox could carry them`;
        faults.push({ what, next: 'let the machine do less beside, and run again' });
      }
      return Promise.resolve({
        application: null,
        faults,
        warnings: [],
        links,
        captureOctets: 0,
        counters: null,
        left: [],
        crashed: null,
      });
    },
  };
}
