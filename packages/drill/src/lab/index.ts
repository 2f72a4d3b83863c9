export { caseId, findLab, parseLabs } from './lab.ts';
export type { Functions, Lab, LabCase, Labs, ParsedLabs, PartName, Task } from './lab.ts';
export { runCase, scriptCase, transferCase, vectorsCase } from './run-case.ts';
export type { CaseOutcome, Subject } from './run-case.ts';
export { blockedBy, scoreLab } from './score.ts';
export type { LabScore, TaskScore } from './score.ts';
export { decodeValue, encodeValue, vectorCalls } from './vectors.ts';
export type { VectorAnswer, VectorCall, VectorOutcome } from './vectors.ts';
