export { checkImpairment, createImpairment, isImpairable } from './impairment.ts';
export type { Fate, FrameRule, Impairment, ImpairmentSpec } from './impairment.ts';
export { createRandom, fraction } from './random.ts';
export type { Random } from './random.ts';
