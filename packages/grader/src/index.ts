export { DEFAULT_LIMITS, describeLimits } from './sandbox/limits.ts';
export type { Limits } from './sandbox/limits.ts';
export { Prisoner } from './sandbox/prisoner.ts';
export type { Ending, PrisonerOptions } from './sandbox/prisoner.ts';
export { availableTiers, TIERS } from './sandbox/tier.ts';
export type { ProcessTier, TierFacts } from './sandbox/tier.ts';
