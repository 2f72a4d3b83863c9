/** One case of a lab on one TCP, in virtual time. */
import type { PartialParts } from '@tcblab/tcp';
import type { LabParts } from '@tcblab/tcp/lab';
import { findRequirement, type Requirement } from '../catalogue/requirement.ts';
import type { Evidence } from '../scenario/evidence.ts';
import { judge } from '../scenario/judge.ts';
import { parseScenario } from '../scenario/parse-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { readHeader } from '../script/header.ts';
import { formatLadder, type ScriptOutcome } from '../script/outcome.ts';
import { formatScriptProblem } from '../script/problem.ts';
import { runScript } from '../script/run-script.ts';
import type { CheckVerdict } from '../verdict/result.ts';
import { runWorld } from '../world/world.ts';
import { caseId, type LabCase } from './lab.ts';
import { runVectors, type VectorOutcome } from './vectors.ts';

/** What is put to the test. */
export interface Subject {
  /** For a stack; what is missing is the reference's. */
  readonly parts: PartialParts;
  /** The same functions as they were written, for vectors. */
  readonly functions: LabParts;
}

export interface CaseOutcome {
  /** As `caseId` gives it. */
  readonly id: string;
  readonly verdict: CheckVerdict;
  /** In one sentence. */
  readonly reason: string;
  /** What it is for. */
  readonly purpose: string;
  /** What it proves, in the catalogue's words. */
  readonly clauses: readonly Requirement[];
  readonly expected: string | null;
  readonly actual: string | null;
  /** Where in the script it was decided, with the line and a caret; null where there is none. */
  readonly place: string | null;
  /** The packets up to the one that failed; empty where there are none. */
  readonly ladder: string;
}

/**
 * @param one what is tried; not `answers`, which no TCP gives
 * @param text of the case's file
 */
export function runCase(one: LabCase, text: string, subject: Subject): CaseOutcome {
  switch (one.kind) {
    case 'script':
      return script(one, text, subject);
    case 'vectors':
      return vectors(one, text, subject);
    case 'transfer':
      return transfer(one, text, subject);
    case 'answers':
      return { ...empty(one), verdict: 'unsupported', reason: 'answers are not given by a TCP' };
  }
}

function empty(one: LabCase): Omit<CaseOutcome, 'verdict' | 'reason'> {
  return {
    id: caseId(one),
    purpose: '',
    clauses: [],
    expected: null,
    actual: null,
    place: null,
    ladder: '',
  };
}

function clausesOf(ids: readonly string[]): Requirement[] {
  return ids.flatMap((id) => findRequirement(id) ?? []);
}

function script(one: LabCase, text: string, { parts }: Subject): CaseOutcome {
  return scriptCase(one, text, runScript({ text, parts }));
}

/** What a script came to, as the outcome of its case. */
export function scriptCase(one: LabCase, text: string, outcome: ScriptOutcome): CaseOutcome {
  const { purpose, proves } = readHeader(text);
  const { verdict, reason, expected, actual, at } = outcome;
  return {
    ...empty(one),
    verdict,
    reason,
    purpose: purpose ?? '',
    clauses: clausesOf(proves),
    expected,
    actual,
    place: at === null ? null : formatScriptProblem(one.path, text, { at, message: reason }),
    ladder: formatLadder(outcome),
  };
}

function vectors(one: LabCase, text: string, { functions }: Subject): CaseOutcome {
  return vectorsCase(one, runVectors(text, functions));
}

/** What vectors came to, as the outcome of their case. */
export function vectorsCase(one: LabCase, { purpose, proves, wrong, faults }: VectorOutcome): CaseOutcome {
  const base = { ...empty(one), purpose, clauses: clausesOf(proves) };
  if (faults.length > 0) return { ...base, verdict: 'error', reason: faults.join('; ') };
  if (wrong === null) return { ...base, verdict: 'pass', reason: 'every call gave what it should' };
  const { call, expected, actual, why } = wrong;
  const reason = `${call} gave ${actual} instead of ${expected}${why === '' ? '' : `: ${why}`}`;
  return { ...base, verdict: 'fail', reason, expected: `${call} = ${expected}`, actual };
}

function transfer(
  one: Extract<LabCase, { kind: 'transfer' }>,
  text: string,
  { parts }: Subject,
): CaseOutcome {
  const parsed = parseScenario(one.path, text);
  if (!parsed.ok) {
    return {
      ...empty(one),
      verdict: 'error',
      reason: parsed.problems.map(({ message }) => message).join('; '),
    };
  }
  const { loss, duplicate, reorder, seed } = one;
  const harmed = loss + duplicate + reorder > 0;
  const evidence = runWorld({
    // A TCP that waits longer after each loss is right.
    scenario: harmed ? { ...parsed.value, limit: 6 * parsed.value.limit } : parsed.value,
    seed,
    a: { parts },
    impairment: { loss, duplicate, reorder },
  });
  return transferCase(one, parsed.value, { ...evidence, harmed });
}

/** What a transfer came to, as the outcome of its case. */
export function transferCase(one: LabCase, scenario: Scenario, evidence: Evidence): CaseOutcome {
  const { verdict, reason, checks } = judge(scenario, evidence);
  const failed = checks.find((check) => check.verdict === 'fail');
  return {
    ...empty(one),
    verdict,
    reason,
    purpose: scenario.title,
    clauses: clausesOf(failed?.proves ?? []),
    expected: failed?.expected ?? null,
    actual: failed?.seen ?? null,
  };
}
