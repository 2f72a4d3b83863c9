/**
 * Why a verb could not do what was asked: one clear sentence, what to do next, and the exit code that says whose turn it
 * is. Everything that a user can get wrong, or a machine can refuse, becomes one of these before it is shown.
 */

/** 2: the request or its input is wrong. 3: the platform is not able. 130: interrupted. */
export type ProblemCode = 2 | 3 | 130;

export class Problem extends Error {
  readonly exitCode: ProblemCode;
  /** What to do next: a sentence, or a command on its own. */
  readonly remedy: string;

  constructor(exitCode: ProblemCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}

/** The request cannot be right, whatever the machine. */
export function wrongUse(message: string, remedy: string): Problem {
  return new Problem(2, message, remedy);
}

/** The request is right, but this machine cannot do it now. */
export function notAble(message: string, remedy: string, cause?: unknown): Problem {
  return new Problem(3, message, remedy, cause);
}

export function interrupted(message: string, remedy: string): Problem {
  return new Problem(130, message, remedy);
}

/** The errno name of an error from the operating system; undefined for any other. */
export function errno(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
