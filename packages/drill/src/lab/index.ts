export { caseId, findLab, parseLabs } from './lab.ts';
export type { Functions, Lab, LabCase, Labs, ParsedLabs, PartName, Task } from './lab.ts';
export { runCase } from './run-case.ts';
export type { CaseOutcome, Subject } from './run-case.ts';
export { blockedBy, scoreLab } from './score.ts';
export type { LabScore, TaskScore } from './score.ts';
