export { clauses, findRequirement, nearestRequirement, requirements } from './requirement.ts';
export type { Clause, Requirement } from './requirement.ts';
