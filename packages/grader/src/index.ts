export { FORMATS } from './formats/formats.ts';
export type { Format, FormatName } from './formats/formats.ts';
export { flyCanary, grade } from './grade/grade.ts';
export type { Canary, GradeRequest, Terms } from './grade/grade.ts';
export type {
  Grade,
  GradedCase,
  GradedTask,
  GradeFault,
  GradeResult,
  LikelyMistake,
  Score,
  SubmissionFacts,
} from './grade/grade-result.ts';
export { DEFAULT_LIMITS, describeLimits } from './sandbox/limits.ts';
export type { Limits } from './sandbox/limits.ts';
export { Prisoner } from './sandbox/prisoner.ts';
export type { Ending, PrisonerOptions } from './sandbox/prisoner.ts';
export { availableTiers, TIERS } from './sandbox/tier.ts';
export type { ProcessTier, TierFacts } from './sandbox/tier.ts';
export { discard, fingerprint, takeSubmission } from './submission/take-submission.ts';
export type { CleanCopy, Taken } from './submission/take-submission.ts';
