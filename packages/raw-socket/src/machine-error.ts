// What the operating system refused, and what a caller did wrong.
import { getSystemErrorMap } from 'node:util';

/**
 * The operating system said no. The message names what was tried and, where one is known, the remedy.
 *
 * `errno` is positive, as in C; `code` is its name (`'EPERM'`).
 */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly errno: number;
  readonly code: string;
  /** What was tried, in words: `open a packet socket on eth0`. */
  readonly tried: string;
  /** What to do next; empty when nothing better than the message is known. */
  readonly remedy: string;

  constructor(errno: number, tried: string, remedy = '') {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'error unknown to Node'];
    super(`cannot ${tried}: ${text} (${code})${remedy === '' ? '' : `; ${remedy}`}`);
    this.errno = errno;
    this.code = code;
    this.tried = tried;
    this.remedy = remedy;
  }
}

/** The caller is wrong: a defect in the program, not in the machine or the network. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError';
  /** Stable, for programs; the message is for people. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
