/** Something on this machine stands in the way of the set-up. Says what, and what to do next. */
export class Problem extends Error {
  /**
   * @param {string} message one sentence
   * @param {string} remedy what to do next
   * @param {string} [detail] the words of the program that failed
   */
  constructor(message, remedy, detail = '') {
    super(message);
    this.name = 'Problem';
    this.remedy = remedy;
    this.detail = detail;
  }
}

/** The user asked to stop. */
export class Interrupted extends Error {}

/**
 * A sentence for a file operation that the machine refused.
 *
 * @param {unknown} error
 * @param {string} path
 * @returns {Problem | undefined} undefined when it is something else
 */
export function refusedWrite(error, path) {
  const code = /** @type {NodeJS.ErrnoException} */ (error)?.code;
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new Problem(
      `cannot write to ${path} (${code})`,
      'copy the tcblab folder to a place that is yours, or give it to you: sudo chown -R "$(id -un)" on it',
    );
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem(
      `the disk is full at ${path} (${code})`,
      'free about 1 GB there, then run the command again',
    );
  }
  return undefined;
}
