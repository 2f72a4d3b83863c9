export { isSubmission, loadFunctions, loadParts, openSubmission, ownFunctions, partsForRun } from './load.ts';
export type { Found, Functions, SubmissionFault, SubmissionFolder } from './load.ts';
export { MANIFEST, parseManifest, writeManifest } from './manifest.ts';
export type { Manifest, Owner, PartName, PartOwners } from './manifest.ts';
export { StudentError } from './student-code.ts';
export { findSystem } from './system.ts';
export type { System } from './system.ts';
