/** Scripts over a real wire, in real time, against our TCP, the kernel's, or a program's. */
export { REAL_TOLERANCE, runScriptOnWire, type ScriptSubject } from './run-script-on-wire.ts';
export { runScriptInChild } from './run-script-in-child.ts';
export { SutProcess, SutProcessError } from './sut-process.ts';
export type { Program } from './sut-process.ts';
