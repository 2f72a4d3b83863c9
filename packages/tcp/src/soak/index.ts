export { planOf } from './plan.ts';
export type { EndPlan, WorldPlan } from './plan.ts';
export { runWorld } from './world.ts';
export type { WorldOutcome } from './world.ts';
