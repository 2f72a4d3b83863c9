export { readResult } from './read-result.ts';
export type { ReadResult } from './read-result.ts';
export { RESULT_VERSION, createResult, exitCode, verdictOf } from './result.ts';
export type { Check, CheckVerdict, IsolationTier, Result, ResultFields, Verdict } from './result.ts';
