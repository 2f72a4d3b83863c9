/** A place where a scenario can run: two hosts, a wire, a capture at each end. */
import type { TraceRecord } from '@tcblab/capture';
import type { Evidence, Scenario } from '@tcblab/drill/scenario';
import type { RunRequest } from '../run/request.ts';
import type { Progress } from '../terminal/progress.ts';

export interface BenchJob {
  readonly scenario: Scenario;
  readonly request: RunRequest;
  /** Where the hosts' captures go: `host-a.pcapng` and `host-b.pcapng`. */
  readonly folder: string;
  readonly progress: Progress;
  /** Aborted when the user has had enough: stop the hosts, keep what there is. */
  readonly signal: AbortSignal;
  /** Told of each trace record while the run lasts; a bench in virtual time has them all at its end only. */
  readonly onRecord?: (record: TraceRecord) => void;
}

export interface Bench {
  /** Titles of its steps, in order. */
  readonly steps: readonly string[];
  /**
   * Run the scenario. Both captures are whole and on disk when it returns, also after an interruption.
   *
   * @throws Problem when the bench cannot be set up at all
   */
  run(job: BenchJob): Promise<Evidence>;
}

export const CAPTURES = ['host-a.pcapng', 'host-b.pcapng'] as const;

/** How a run ended, beside its title. */
export function endOf({ ended, reason }: Evidence, scenario: Scenario): string {
  if (ended === 'limit') return `the limit of ${scenario.limit / 1e6} s came`;
  return ended === 'done' ? scenario.title : (reason ?? 'nothing more could happen');
}
