/** What judged code may use. Every limit is printed where a result is. */
import type { Octets } from '@tcblab/tcp';

export interface Limits {
  /** Seconds of real time, start to end. */
  readonly wall: number;
  /** Seconds of processor time of any one process. */
  readonly cpu: number;
  /** Memory of all its processes together. */
  readonly memory: Octets;
  /** Processes and threads, all together. Node alone has about a dozen. */
  readonly processes: number;
  /** The largest file that it may write, and all that its /tmp holds. */
  readonly file: Octets;
  /** What it may write to standard error. The beginning is kept. */
  readonly stderr: Octets;
}

export const DEFAULT_LIMITS: Limits = {
  wall: 60,
  cpu: 30,
  memory: 512 << 20,
  processes: 64,
  file: 8 << 20,
  stderr: 1 << 20,
};

/** In words, for a report: `60 s of real time, 30 s of processor time, …`. */
export function describeLimits({ wall, cpu, memory, processes, file, stderr }: Limits): string {
  const mebibytes = (octets: Octets) => `${Math.round((octets / (1 << 20)) * 10) / 10} MiB`;
  return (
    `${wall} s of real time, ${cpu} s of processor time, ${mebibytes(memory)} of memory, ` +
    `${processes} processes and threads, files of ${mebibytes(file)}, ${mebibytes(stderr)} of standard error`
  );
}
