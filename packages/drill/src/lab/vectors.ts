/**
 * Calls of one function each, with what they must give: for parts whose behaviour no packet shows alone.
 *
 *     { "purpose": "…", "proves": ["RFC6298-2.2"], "calls": [{ "call": "rtt.addSample", "args": [null, 100], "gives": {…} }] }
 *
 * Octets are written as texts: "hex:0a0b".
 */
import type { LabParts } from '@tcblab/tcp/lab';
import { JsonReader } from './json-reader.ts';
import { decodeValue, showValue } from './vector-value.ts';

export { decodeValue, encodeValue } from './vector-value.ts';

export interface VectorOutcome {
  readonly purpose: string;
  readonly proves: readonly string[];
  /** The first call that went wrong; null = all went right. */
  readonly wrong: {
    readonly call: string;
    readonly expected: string;
    readonly actual: string;
    /** Why it is so, in words; empty where the file says none. */
    readonly why: string;
  } | null;
  /** What is wrong with the file itself. */
  readonly faults: readonly string[];
}

/** A call of one function, to be answered by what it gave. */
export interface VectorCall {
  /** Such as `rtt.addSample`. */
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What a call came to. `absent`: the function is not the student's. */
export type VectorAnswer =
  | { readonly kind: 'gave'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly message: string }
  | { readonly kind: 'absent' };

/** Call a student's functions. A call of what the student did not write is passed over. */
export function runVectors(text: string, functions: LabParts): VectorOutcome {
  const run = vectorCalls(text);
  let next = run.next();
  while (next.done !== true) next = run.next(answerVector(next.value, functions));
  return next.value;
}

/** Make one call, for whoever holds the functions. Nothing is thrown for what they do. */
export function answerVector({ name, args }: VectorCall, functions: LabParts): VectorAnswer {
  const [part, member] = name.split('.');
  const given = functions[part as keyof LabParts] as Readonly<Record<string, unknown>> | undefined;
  const call = given?.[member];
  if (typeof call !== 'function') return { kind: 'absent' };
  try {
    return { kind: 'gave', value: (call as (...values: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    return { kind: 'threw', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Yields the calls, takes their answers, and returns what the file came to; it ends at the first wrong answer. */
export function* vectorCalls(text: string): Generator<VectorCall, VectorOutcome, VectorAnswer> {
  const reader = JsonReader.parse(text);
  const { faults } = reader;
  const purpose = reader.text('purpose');
  const proves = reader.texts('proves');
  for (const vector of reader.list('calls')) {
    const name = vector.text('call');
    const args = vector.any('args');
    if (!Array.isArray(args)) vector.fault('"args" is to be a list');
    if (faults.length > 0) break;
    const values = (args as unknown[]).map(decodeValue);
    const answer = yield { name, args: values };
    const expected = decodeValue(vector.any('gives'));
    if (answer.kind === 'absent') continue;
    if (answer.kind === 'gave' && alike(expected, answer.value)) continue;
    return {
      purpose,
      proves,
      faults,
      wrong: {
        call: `${name.split('.')[1]}(${values.map(showValue).join(', ')})`,
        expected: showValue(expected),
        actual: answer.kind === 'gave' ? showValue(answer.value) : `it threw: ${answer.message}`,
        why: vector.has('why') ? vector.text('why') : '',
      },
    };
  }
  return { purpose, proves, faults, wrong: null };
}

/** The members that are expected must be there and alike; more may be there. */
function alike(expected: unknown, actual: unknown): boolean {
  if (expected instanceof Uint8Array || Array.isArray(expected)) {
    const list = expected as readonly unknown[];
    const there = actual as readonly unknown[];
    const isList = actual instanceof Uint8Array || Array.isArray(actual);
    return isList && there.length === list.length && list.every((one, i) => alike(one, there[i]));
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, actual);
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(([name, member]) =>
    alike(member, (actual as Record<string, unknown>)[name]),
  );
}
