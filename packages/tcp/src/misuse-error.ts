/** The caller is wrong: a call that the contract of a function forbids. What a peer sends never throws. */
export class MisuseError extends Error {
  /** Stable, kebab-case; for programs. The message is for people. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'MisuseError';
    this.code = code;
  }
}
