/** A student's functions, so wrapped that whatever they throw names the line of the student's file. */
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Student code threw. The message names what and where. */
export class StudentError extends Error {
  override readonly name = 'StudentError';
  /** Frames of the student's own files, the innermost first, such as `connection.ts:57:12 in listenArrives`. */
  readonly frames: readonly string[];

  constructor(cause: unknown, frames: readonly string[]) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(frames.length === 0 ? what : `${what}, at ${frames.join(', called at ')}`, { cause });
    this.frames = frames;
  }

  /** The name says nothing to the student that the message does not. */
  override toString(): string {
    return this.message;
  }
}

const MOST_FRAMES = 5;

/** Which of the stack's frames lie in `folder`. Types are cut out of sources in place, so lines are the student's. */
export function framesIn(folder: string, error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const frames: string[] = [];
  for (const line of error.stack.split('\n')) {
    const match = /^\s+at (?:(.*?) \()?((?:file:|\/|[A-Za-z]:).*?)(?:\?[^:)]*)?:(\d+):(\d+)\)?$/.exec(line);
    if (match === null) continue;
    const [, name, place, row, column] = match;
    const file = relative(folder, place.startsWith('file:') ? fileURLToPath(place) : place);
    if (file.startsWith('..') || isAbsolute(file)) continue;
    const called = name === undefined ? '' : ` in ${name.replace(/ \[as .*\]$/, '').replace(/^.*[. ]/, '')}`;
    frames.push(`${file}:${row}:${column}${called}`);
  }
  return frames.slice(0, MOST_FRAMES);
}

/** The same function, and the same objects that it makes, except that what they throw is a `StudentError`. */
export function guarded<T>(folder: string, value: T): T {
  if (typeof value === 'function') {
    const call = value as (...args: readonly unknown[]) => unknown;
    return ((...args: readonly unknown[]) =>
      trying(folder, () => guardedObject(folder, call(...args)))) as unknown as T;
  }
  return value;
}

/** Objects that a part makes, such as a reassembler, are student code as well; plain data is left alone. */
function guardedObject(folder: string, made: unknown): unknown {
  if (typeof made !== 'object' || made === null || ArrayBuffer.isView(made) || Array.isArray(made))
    return made;
  const hasMethods =
    Object.getPrototypeOf(made) !== Object.prototype ||
    Object.values(Object.getOwnPropertyDescriptors(made)).some(
      (member) => 'get' in member || typeof member.value === 'function',
    );
  if (!hasMethods) return made;
  return new Proxy(made, {
    get(target, name) {
      const member: unknown = trying(folder, () => Reflect.get(target, name, target));
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown =>
        trying(folder, () => Reflect.apply(member, target, args));
    },
  });
}

function trying<T>(folder: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof StudentError) throw error;
    throw new StudentError(error, framesIn(folder, error));
  }
}
