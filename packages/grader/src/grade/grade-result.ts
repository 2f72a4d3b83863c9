/** What grading one submission of one lab came to: a result as every verb writes it, with the grade beside. */
import type { CheckVerdict, Result } from '@tcblab/drill/verdict';

export interface GradeResult extends Result {
  readonly verb: 'grade';
  readonly grade: Grade;
}

export interface Grade {
  /** Changes when a reader of the old form would go wrong. */
  readonly version: 1;
  readonly submission: SubmissionFacts;
  readonly lab: { readonly id: string; readonly title: string; readonly page: string };
  /** Whose doing it is that there is no full score for the code; null = it was tried as it stands. */
  readonly fault: GradeFault | null;
  /** Null = nothing can be said: the platform was not able. */
  readonly score: Score | null;
  readonly tasks: readonly GradedTask[];
  readonly limits: string;
  /** What its isolation cannot stop. */
  readonly leaves: string;
  /** For staff: what looks like an attempt on the grader, in sentences. */
  readonly integrity: readonly string[];
  /** Of the mistakes that the lab knows, the one that fails in the same way; null = none does. */
  readonly likely: LikelyMistake | null;
}

export interface SubmissionFacts {
  /** The folder's or the archive's name. */
  readonly name: string;
  /** SHA-256 over the lines "sha256  path" of all files that were taken, sorted by path; empty when none could be. */
  readonly digest: string;
  readonly members: readonly string[];
  /** What was left behind, with the reason. */
  readonly leftOut: readonly string[];
}

export interface GradeFault {
  readonly blame: 'submission' | 'platform';
  /** In one sentence. */
  readonly what: string;
  readonly next: string;
}

export interface Score {
  readonly points: number;
  readonly most: number;
  readonly isolated: number;
  readonly isolatedMost: number;
  readonly together: number;
  readonly togetherMost: number;
  /** Functions of the lab that are the student's, of all that it asks for. */
  readonly mine: number;
  readonly asked: number;
}

export interface GradedTask {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly most: number;
  readonly cases: readonly GradedCase[];
}

export interface GradedCase {
  readonly id: string;
  readonly verdict: CheckVerdict;
  readonly reason: string;
  readonly purpose: string;
  /** In our words, with where they stand: `RFC 9293 §3.10.7.2: …`. */
  readonly clauses: readonly string[];
  readonly expected: string | null;
  readonly actual: string | null;
  /** The line of the script with a caret; null where there is none. */
  readonly place: string | null;
  /** The packets up to the one that failed; empty where there are none. */
  readonly ladder: string;
  /** How often it had to be tried again because the platform broke. */
  readonly retries: number;
}

export interface LikelyMistake {
  /** Completes "a TCP that …". */
  readonly breaks: string;
  /** The case that gives it away. */
  readonly seenIn: string;
}
