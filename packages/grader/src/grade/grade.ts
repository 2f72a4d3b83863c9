/** Grades one submission of one lab. Whatever the code does, there is a result, and it says whose fault it is. */
import { caseId, scoreLab, type CaseOutcome, type Lab, type LabCase } from '@tcblab/drill/lab';
import { createResult, type Check } from '@tcblab/drill/verdict';
import { ownFunctions, type Functions } from '@tcblab/host/submission';
import { startJudged, type JudgedCode } from '../judged/start-judged.ts';
import { describeLimits, type Limits } from '../sandbox/limits.ts';
import { TIERS, type ProcessTier } from '../sandbox/tier.ts';
import type { Taken } from '../submission/take-submission.ts';
import type {
  GradedCase,
  GradedTask,
  GradeFault,
  GradeResult,
  LikelyMistake,
  Score,
} from './grade-result.ts';
import { runCases, type TriedCase } from './run-cases.ts';

export interface GradeRequest {
  readonly lab: Lab;
  /** Everything that must be the same for all submissions of a lab. */
  readonly terms: Terms;
  /** The submission, or why there is none. */
  readonly taken: Taken;
  readonly signal: AbortSignal;
}

export interface Terms {
  readonly tier: ProcessTier;
  readonly seed: number;
  readonly limits: Limits;
  readonly versions: Readonly<Record<string, string>>;
  /** Folder of the labs' solution: what the reference is here. */
  readonly solution: string;
  readonly read: (path: string) => string;
  /** Judges a file of `folder` that is no code. */
  readonly answers: (folder: string, path: string) => CaseOutcome;
  /** The mistake that fails as these do; null = none that is known. */
  readonly likely: (lab: Lab, outcomes: readonly CaseOutcome[]) => LikelyMistake | null;
}

/** For what a grader has to learn of a lab only once: whether the reference passes on this machine. */
export type Canary = { readonly ok: true } | { readonly ok: false; readonly fault: GradeFault };

const TRANSFER: LabCase = {
  kind: 'transfer',
  path: '04-stream/short-transfer.yaml',
  loss: 0.02,
  duplicate: 0.02,
  reorder: 0.05,
  seed: 11,
};

/** Let the reference pass every case first: if it does not, nothing that follows would say anything of a submission. */
export async function flyCanary(lab: Lab, terms: Terms, signal: AbortSignal): Promise<Canary> {
  const reference = { folder: terms.solution, functions: lab.replaces, command: null };
  const code = withTransfer(withoutAnswers(lab));
  let tried: TriedCase[];
  try {
    tried = await runCases(caseRun(code, terms, reference, signal));
  } catch (error) {
    return { ok: false, fault: broken(error instanceof Error ? error.message : String(error)) };
  }
  const failed = tried.find(({ outcome }) => outcome.verdict !== 'pass')?.outcome;
  if (failed === undefined) return { ok: true };
  return { ok: false, fault: broken(`the reference itself does not pass ${failed.id}: ${failed.reason}`) };
}

function broken(what: string): GradeFault {
  return { blame: 'platform', what, next: './tcblab doctor says what this machine lacks; then grade again' };
}

/** @param canary of the same lab and terms */
export async function grade(request: GradeRequest, canary: Canary): Promise<GradeResult> {
  const { lab, terms, taken, signal } = request;
  if (!canary.ok) return report(request, { fault: canary.fault, score: null, tried: [] });
  if (!taken.ok) return report(request, { fault: taken.fault, score: nothing(lab), tried: [] });
  const { folder, manifest } = taken.value;
  const program = manifest.command;
  const own = program === null ? ownFunctions(manifest, lab.replaces) : lab.replaces;
  try {
    const tried = await runCases(caseRun(lab, terms, { folder, functions: own, command: program }, signal));
    const together = await tryTogether(request, {
      folder,
      functions: ownFunctions(manifest),
      command: program,
    });
    const unclear = [...tried, ...together].find(
      ({ outcome }) => outcome.verdict === 'inconclusive',
    )?.outcome;
    const fault = unclear === undefined ? null : broken(`${unclear.id}: ${unclear.reason}`);
    const score = fault === null ? scoreOf(lab, own, tried, together) : null;
    return report(request, { fault, score, tried });
  } catch (error) {
    // A fault of ours is nobody's fail.
    const fault = broken(
      `the grader itself failed: ${error instanceof Error ? error.message : String(error)}`,
    );
    return report(request, { fault, score: null, tried: [] });
  }
}

function caseRun(lab: Lab, terms: Terms, code: JudgedCode, signal: AbortSignal) {
  const { tier, limits, seed, read, answers, solution } = terms;
  const reference = { folder: solution, functions: lab.replaces, command: null };
  return {
    lab,
    seed,
    read,
    signal,
    fresh: code.command !== null,
    answers: (path: string) => answers(code.folder, path),
    start: () => startJudged(code, tier, limits),
    startReference: () => startJudged(reference, tier, limits),
  };
}

/** The lab's cases again with everything that is the student's at once, and a transfer from end to end. */
async function tryTogether(
  { lab, terms, signal }: GradeRequest,
  code: JudgedCode,
): Promise<readonly TriedCase[]> {
  if (lab.togetherPoints === 0) return [];
  return runCases(caseRun(withTransfer(lab), terms, code, signal));
}

function withTransfer(lab: Lab): Lab {
  if (lab.togetherPoints === 0) return lab;
  const transfer = { id: 'transfer', title: 'A transfer', points: 0, after: [], cases: [TRANSFER] };
  return { ...lab, tasks: [...lab.tasks, transfer] };
}

/** Right answers need a run of one's own: the reference has none to give. */
function withoutAnswers(lab: Lab): Lab {
  const tasks = lab.tasks.map((task) => ({
    ...task,
    cases: task.cases.filter(({ kind }) => kind !== 'answers'),
  }));
  return { ...lab, tasks: tasks.filter(({ cases }) => cases.length > 0) };
}

function nothing(lab: Lab): Score {
  const { isolatedPoints, togetherPoints } = lab;
  return {
    points: 0,
    most: isolatedPoints + togetherPoints,
    isolated: 0,
    isolatedMost: isolatedPoints,
    together: 0,
    togetherMost: togetherPoints,
    mine: 0,
    asked: count(lab.replaces),
  };
}

/** Half of the points for working together are the cases', half the transfer's. */
function scoreOf(
  lab: Lab,
  own: Functions,
  tried: readonly TriedCase[],
  together: readonly TriedCase[],
): Score {
  const mine = count(own);
  const asked = count(lab.replaces);
  const share = asked === 0 ? 1 : mine / asked;
  const isolated = round(
    scoreLab(
      lab,
      tried.map(({ outcome }) => outcome),
    ).points * share,
  );
  const passed = together.filter(({ outcome }) => outcome.verdict === 'pass');
  const arrived = passed.some(({ outcome }) => outcome.id === caseId(TRANSFER));
  const cases = passed.length - (arrived ? 1 : 0);
  const whole = together.length === 0 ? 0 : cases / (together.length - 1) / 2 + (arrived ? 0.5 : 0);
  // What is the reference's earns nothing here either.
  const inAll = round(lab.togetherPoints * whole * share);
  return { ...nothing(lab), mine, isolated, together: inAll, points: round(isolated + inAll) };
}

function count(functions: Functions): number {
  return Object.values(functions).reduce((sum, names) => sum + (names?.length ?? 0), 0);
}

function round(points: number): number {
  return Math.round(points * 100) / 100;
}

interface Found {
  readonly fault: GradeFault | null;
  readonly score: Score | null;
  readonly tried: readonly TriedCase[];
}

function report({ lab, terms, taken }: GradeRequest, { fault, score, tried }: Found): GradeResult {
  const { tier, seed, limits, versions } = terms;
  const outcomes = tried.map(({ outcome }) => outcome);
  const tasks = scoreLab(lab, outcomes).tasks.map(({ task, points }): GradedTask => ({
    id: task.id,
    title: task.title,
    points: score === null ? 0 : points,
    most: task.points,
    cases: task.cases
      .flatMap((one) => tried.find(({ outcome }) => outcome.id === caseId(one)) ?? [])
      .map(graded),
  }));
  const result = createResult({
    verb: 'grade',
    subject: lab.id,
    bench: 'virtual',
    seed,
    versions,
    isolation: tier,
    checks: checksOf(lab, tried),
    ...verdictOf(fault, score, tried),
  });
  return {
    ...result,
    verb: 'grade',
    grade: {
      version: 1,
      submission: taken.facts,
      lab: { id: lab.id, title: lab.title, page: `labs/${lab.id}` },
      fault,
      score,
      tasks,
      limits: describeLimits(limits),
      leaves: TIERS[tier].leaves,
      integrity: taken.integrity,
      likely: terms.likely(lab, outcomes),
    },
  };
}

function verdictOf(fault: GradeFault | null, score: Score | null, tried: readonly TriedCase[]) {
  if (fault?.blame === 'platform')
    return { verdict: 'inconclusive', reason: fault.what, next: fault.next } as const;
  if (fault !== null) return { verdict: 'fail', reason: fault.what, next: fault.next } as const;
  const points = `${score?.points ?? 0} of ${score?.most ?? 0} points`;
  const first = tried.find(({ outcome }) => outcome.verdict !== 'pass')?.outcome;
  if (first !== undefined)
    return { verdict: 'fail', reason: `${points}; first to fail: ${first.id}` } as const;
  const whole = score !== null && score.points === score.most;
  return { verdict: whole ? 'pass' : 'fail', reason: points } as const;
}

function checksOf(lab: Lab, tried: readonly TriedCase[]): Check[] {
  return tried.map(({ outcome }) => {
    const { id, verdict, reason, purpose, clauses, expected, actual } = outcome;
    const [clause] = clauses;
    return {
      id,
      title: purpose === '' ? id : purpose,
      verdict,
      evidence: /\.(pkt|yaml)/.test(id) ? 'packets' : 'application',
      proves: clauses.map((one) => one.id),
      rfc: clause === undefined ? null : { number: Number(clause.rfc), section: clause.section },
      packet: null,
      expected: expected ?? 'that it passes',
      seen: actual ?? reason,
      page: `labs/${lab.id}`,
    };
  });
}

function graded({ outcome, retries }: TriedCase): GradedCase {
  const { clauses, ...rest } = outcome;
  return {
    ...rest,
    clauses: clauses.map(({ rfc, section, text }) => `RFC ${rfc} §${section}: ${text}`),
    retries,
  };
}
