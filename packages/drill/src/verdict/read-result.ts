/** Reads a result that someone else wrote: every field is checked, nothing is assumed. */
import type { Result } from './result.ts';
import { RESULT_VERSION } from './result.ts';

/** What is wrong, and where: `checks[2].verdict is 'passed': one of pass, fail, …`. */
export type ReadResult =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * @param json a parsed JSON value of unknown origin
 * @returns the value itself, typed, when it is a result of this version; unknown fields are left alone
 */
export function readResult(json: unknown): ReadResult {
  if (!isRecord(json) || json.format !== 'tcblab-result') {
    return { ok: false, problems: ["this is not a result: its field format must be 'tcblab-result'"] };
  }
  if (json.version !== RESULT_VERSION) {
    const newer = typeof json.version === 'number' && json.version > RESULT_VERSION;
    const remedy = newer ? 'it was written by a newer kit; update this one' : 'write it anew with this kit';
    return {
      ok: false,
      problems: [
        `the result has version ${String(json.version)}, this kit reads ${RESULT_VERSION}: ${remedy}`,
      ],
    };
  }
  const problems: string[] = [];
  resultShape(json, '', problems);
  return problems.length === 0 ? { ok: true, value: json as unknown as Result } : { ok: false, problems };
}

/** Looks at a value; puts what is wrong into `problems` under its path. */
type Shape = (value: unknown, path: string, problems: string[]) => void;

const text: Shape = (value, path, problems) => {
  if (typeof value !== 'string') problems.push(`${path} must be a text`);
};

const whole: Shape = (value, path, problems) => {
  if (!Number.isInteger(value)) problems.push(`${path} must be a whole number`);
};

function oneOf(...names: readonly string[]): Shape {
  return (value, path, problems) => {
    if (!names.includes(value as string)) {
      problems.push(`${path} is ${JSON.stringify(value) ?? 'missing'}: one of ${names.join(', ')}`);
    }
  };
}

function orNull(shape: Shape): Shape {
  return (value, path, problems) => {
    if (value !== null) shape(value, path, problems);
  };
}

function optional(shape: Shape): Shape {
  return (value, path, problems) => {
    if (value !== undefined) shape(value, path, problems);
  };
}

function listOf(shape: Shape): Shape {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push(`${path} must be a list`);
    else value.forEach((item, index) => shape(item, `${path}[${index}]`, problems));
  };
}

function record(fields: Readonly<Record<string, Shape>>): Shape {
  return (value, path, problems) => {
    if (!isRecord(value)) {
      problems.push(`${path} must be an object`);
      return;
    }
    for (const [name, shape] of Object.entries(fields)) {
      shape(value[name], path === '' ? name : `${path}.${name}`, problems);
    }
  };
}

const textByName: Shape = (value, path, problems) => {
  if (!isRecord(value)) problems.push(`${path} must be an object`);
  else for (const [name, item] of Object.entries(value)) text(item, `${path}.${name}`, problems);
};

const VERDICTS = ['pass', 'fail', 'error', 'unsupported', 'inconclusive'] as const;

const checkShape = record({
  id: text,
  title: text,
  verdict: oneOf(...VERDICTS, 'blocked'),
  evidence: oneOf('packets', 'application', 'trace', 'platform'),
  proves: listOf(text),
  rfc: orNull(record({ number: whole, section: text })),
  packet: orNull(record({ host: whole, number: whole })),
  expected: text,
  seen: text,
  page: orNull(text),
});

const resultShape = record({
  verb: oneOf('run', 'script', 'check', 'grade'),
  subject: text,
  verdict: oneOf(...VERDICTS),
  reason: text,
  next: orNull(text),
  bench: orNull(text),
  pairing: orNull(record({ a: text, b: text })),
  seed: orNull(whole),
  versions: textByName,
  isolation: oneOf('none', 'worker', 'child', 'bwrap+rlimit', 'bwrap+cgroup', 'container'),
  checks: listOf(checkShape),
  warnings: optional(listOf(text)),
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
