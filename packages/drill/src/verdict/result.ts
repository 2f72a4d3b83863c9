/**
 * The one result of every verb: `run`, `script`, `check` and `grade` all write it, every other format is a projection
 * of it. JSON; `docs/result-schema.md` describes it for readers in other languages.
 */

/** Changes when a reader of the old form would go wrong. New optional fields do not change it. */
export const RESULT_VERSION = 1;

/**
 * `pass` and `fail` speak of the TCP under judgement. `error`: the scenario, script or call is wrong. `unsupported`: it
 * asks for what this build or bench cannot do. `inconclusive`: the platform broke, and nothing is said of the TCP.
 */
export type Verdict = 'pass' | 'fail' | 'error' | 'unsupported' | 'inconclusive';

/** As a verdict; `blocked` = not judged, because a check that it depends on failed. */
export type CheckVerdict = Verdict | 'blocked';

/** How far the judged code was kept away from its judge. */
export type IsolationTier = 'none' | 'worker' | 'child' | 'bwrap+rlimit' | 'bwrap+cgroup' | 'container';

export interface Result {
  readonly format: 'tcblab-result';
  readonly version: typeof RESULT_VERSION;
  readonly verb: 'run' | 'script' | 'check' | 'grade';
  /** What was run: the name of a scenario, the path of a script, the number of a lab. */
  readonly subject: string;
  readonly verdict: Verdict;
  /** Why, in one sentence. */
  readonly reason: string;
  /** What to do next, in one sentence; null when nothing needs doing. */
  readonly next: string | null;
  readonly bench: string | null;
  /** What stood at each end. */
  readonly pairing: { readonly a: string; readonly b: string } | null;
  /** Repeats the run. */
  readonly seed: number | null;
  /** Of the kit, of Node, of the kernel …, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly isolation: IsolationTier;
  readonly checks: readonly Check[];
  /** What does not fit together and changes no verdict, in sentences. Absent where all fits. */
  readonly warnings?: readonly string[];
}

/** One thing that was asked of the TCP, and how it was answered. */
export interface Check {
  /** Stable within the subject, such as `expect-3`, `server-step-2`, `checksums`. */
  readonly id: string;
  readonly title: string;
  readonly verdict: CheckVerdict;
  /** What the verdict rests on. A check on the `trace` explains: it never changes the verdict of the whole. */
  readonly evidence: 'packets' | 'application' | 'trace' | 'platform';
  /** Ids of the RFC catalogue. */
  readonly proves: readonly string[];
  readonly rfc: { readonly number: number; readonly section: string } | null;
  /** Frame `number` in the capture of host `host` (1 = a, 2 = b): where to look. */
  readonly packet: { readonly host: number; readonly number: number } | null;
  readonly expected: string;
  readonly seen: string;
  /** The lab page that explains it. */
  readonly page: string | null;
}

export type ResultFields = Pick<Result, 'verb' | 'subject'> & Partial<Omit<Result, 'format' | 'version'>>;

/** A result whose verdict and reason follow from its checks, unless the fields say otherwise. */
export function createResult(fields: ResultFields): Result {
  const checks = fields.checks ?? [];
  const verdict = fields.verdict ?? verdictOf(checks);
  return {
    format: 'tcblab-result',
    version: RESULT_VERSION,
    verb: fields.verb,
    subject: fields.subject,
    verdict,
    reason: fields.reason ?? reasonOf(verdict, checks),
    next: fields.next ?? null,
    bench: fields.bench ?? null,
    pairing: fields.pairing ?? null,
    seed: fields.seed ?? null,
    versions: fields.versions ?? {},
    isolation: fields.isolation ?? 'none',
    checks,
    ...((fields.warnings ?? []).length === 0 ? {} : { warnings: fields.warnings }),
  };
}

/**
 * What a list of checks comes to. A platform fault outweighs all, since nothing else can be trusted then; checks on the
 * trace count for nothing. No check at all proves nothing.
 */
export function verdictOf(checks: readonly Check[]): Verdict {
  const counted = checks.filter(({ evidence }) => evidence !== 'trace');
  for (const verdict of ['inconclusive', 'error', 'fail', 'unsupported'] as const) {
    if (counted.some((check) => check.verdict === verdict)) return verdict;
  }
  return counted.some((check) => check.verdict === 'pass') ? 'pass' : 'inconclusive';
}

/**
 * The exit code of a verb that reached these verdicts: 2 faulty input, 3 platform not able, 1 a fail, 0 good. Several
 * at once weigh in that order. `unsupported` beside a pass changes nothing; where nothing passed or failed it is 3.
 */
export function exitCode(verdicts: readonly Verdict[]): 0 | 1 | 2 | 3 {
  if (verdicts.includes('error')) return 2;
  if (verdicts.includes('inconclusive')) return 3;
  if (verdicts.includes('fail')) return 1;
  return verdicts.includes('pass') ? 0 : 3;
}

function reasonOf(verdict: Verdict, checks: readonly Check[]): string {
  const first = checks.find((check) => check.verdict === verdict && check.evidence !== 'trace');
  if (first === undefined) return 'nothing was checked';
  if (verdict === 'pass') {
    const count = checks.filter((check) => check.verdict === 'pass').length;
    return `${count} of ${checks.length} checks passed`;
  }
  return `${first.title}: expected ${first.expected}; seen ${first.seen}`;
}
