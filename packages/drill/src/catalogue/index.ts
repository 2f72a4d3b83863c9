export { findRequirement, nearestRequirement, requirements } from './requirement.ts';
export type { Requirement } from './requirement.ts';
