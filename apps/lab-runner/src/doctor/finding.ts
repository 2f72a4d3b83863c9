/** One line of the doctor: what was looked at, how it is, and what mends it. */

/** `fail` stops the default bench; `warn` costs something else; `info` is for the reader of a report. */
export type Level = 'ok' | 'info' | 'warn' | 'fail';

export interface Finding {
  readonly title: string;
  readonly level: Level;
  readonly detail: string;
  /** The command that mends it, or where to look; present whenever the level is warn or fail. */
  readonly remedy?: string;
}

/** One look at the machine. It may be slow; it never throws. */
export interface Check {
  readonly title: string;
  look(): Promise<Finding[]> | Finding[];
}

export function ok(title: string, detail: string): Finding {
  return { title, level: 'ok', detail };
}

export function info(title: string, detail: string): Finding {
  return { title, level: 'info', detail };
}

export function warn(title: string, detail: string, remedy: string): Finding {
  return { title, level: 'warn', detail, remedy };
}

export function fail(title: string, detail: string, remedy: string): Finding {
  return { title, level: 'fail', detail, remedy };
}
