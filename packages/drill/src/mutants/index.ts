export { altered, broken, mutant, reading, writing } from './mutant.ts';
export type { Mutant } from './mutant.ts';
export { mutants } from './mutants.ts';
export { prove } from './proof.ts';
export type { Proof } from './proof.ts';
