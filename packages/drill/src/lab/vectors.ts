/**
 * Calls of one function each, with what they must give: for parts whose behaviour no packet shows alone.
 *
 *     { "purpose": "…", "proves": ["RFC6298-2.2"], "calls": [{ "call": "rtt.addSample", "args": [null, 100], "gives": {…} }] }
 *
 * Octets are written as texts: "hex:0a0b".
 */
import type { LabParts } from '@tcblab/tcp/lab';
import { JsonReader } from './json-reader.ts';

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

/** Call a student's functions. A call of what the student did not write is passed over. */
export function runVectors(text: string, functions: LabParts): VectorOutcome {
  const reader = JsonReader.parse(text);
  const { faults } = reader;
  const purpose = reader.text('purpose');
  const proves = reader.texts('proves');
  for (const vector of reader.list('calls')) {
    const [part, name] = vector.text('call').split('.');
    const given = functions[part as keyof LabParts] as Readonly<Record<string, unknown>> | undefined;
    const call = given?.[name];
    if (typeof call !== 'function') continue;
    const args = vector.any('args');
    if (!Array.isArray(args)) vector.fault('"args" is to be a list');
    if (faults.length > 0) break;
    const expected = vector.any('gives');
    const actual = attempt(
      call as (...values: readonly unknown[]) => unknown,
      (args as unknown[]).map(decode),
    );
    if (actual.ok && alike(decode(expected), actual.value)) continue;
    const shown = (args as unknown[]).map(show).join(', ');
    return {
      purpose,
      proves,
      faults,
      wrong: {
        call: `${name}(${shown})`,
        expected: show(expected),
        actual: actual.ok ? show(actual.value) : `it threw: ${actual.message}`,
        why: vector.has('why') ? vector.text('why') : '',
      },
    };
  }
  return { purpose, proves, faults, wrong: null };
}

function attempt(
  call: (...values: readonly unknown[]) => unknown,
  args: readonly unknown[],
): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: call(...args) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

const HEX = /^hex:((?:[0-9a-f]{2})*)$/;

function decode(value: unknown): unknown {
  if (typeof value === 'string') {
    const match = HEX.exec(value);
    if (match === null) return value;
    const pairs = match[1].match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  }
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decode(member)]));
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

function show(value: unknown): string {
  if (value instanceof Uint8Array) {
    return `hex:${Array.from(value, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
  }
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${name}: ${show(member)}`)
      .join(', ')} }`;
  }
  return typeof value === 'string' ? value : String(value);
}
