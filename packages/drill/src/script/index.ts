export { parseScript } from './parse-script.ts';
export type { ParsedScript } from './parse-script.ts';
export { printPacket, printScript } from './print-script.ts';
export { formatScriptProblem } from './problem.ts';
export type { ScriptProblem } from './problem.ts';
export type { Action, Expression, PacketAction, Position, Script, ScriptEvent, TcpOption } from './syntax.ts';
