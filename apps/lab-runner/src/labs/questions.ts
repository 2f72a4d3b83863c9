/** What a student is asked when a lab is handed in. */
import { createInterface, type Interface } from 'node:readline/promises';
import { interrupted, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';

export interface Given {
  readonly hours?: string;
  readonly bugs?: string;
  readonly members?: string;
}

export interface Answers {
  readonly hours: number;
  /** Empty = none are known. */
  readonly bugs: string;
  readonly members: readonly string[];
}

/** @throws Problem when nobody is there to be asked, or they had enough */
export async function ask({ err, signal }: Surroundings, given: Given): Promise<Answers> {
  const missing = (['hours', 'bugs', 'members'] as const).find((name) => given[name] === undefined);
  if (missing !== undefined && !process.stdin.isTTY) {
    throw wrongUse(
      `There is nobody here to be asked: --${missing} is missing.`,
      'Give --hours, --bugs and --members.',
    );
  }
  const stop = new AbortController();
  const lines = missing === undefined ? null : createInterface({ input: process.stdin, output: err.stream });
  // At a prompt, Ctrl-C and Ctrl-D come as keys and not as a signal.
  lines?.once('close', () => stop.abort());
  const put = questions(lines, AbortSignal.any([signal, stop.signal]));
  try {
    const hours = given.hours === undefined ? await untilHours() : hoursOf(given.hours);
    const bugs = given.bugs ?? (await put('Which faults do you know of? (empty: none) '));
    const members = given.members ?? (await put('Who wrote it? (ids, with commas) '));
    const names = members.split(',').map((one) => one.trim());
    return { hours, bugs: bugs.trim(), members: names.filter((one) => one !== '') };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    err.stream.write('\n');
    throw interrupted('Nothing was written.', 'Run it again when you know the answers.');
  } finally {
    lines?.close();
  }

  async function untilHours(): Promise<number> {
    for (;;) {
      const said = await put('How many hours did it take? ');
      const hours = numberOf(said);
      if (hours !== null) return hours;
      err.stream.write(`  ${said} is no number of hours: write one, such as 5.5\n`);
    }
  }
}

function questions(lines: Interface | null, signal: AbortSignal): (text: string) => Promise<string> {
  return async (text) => (lines === null ? '' : lines.question(text, { signal }));
}

/** @throws Problem when it is none */
export function hoursOf(said: string): number {
  const hours = numberOf(said);
  if (hours === null) throw wrongUse(`${said} is no number of hours.`, 'Write a number, such as 5.5');
  return hours;
}

function numberOf(said: string): number | null {
  const hours = said.trim() === '' ? NaN : Number(said.replace(',', '.'));
  return Number.isFinite(hours) && hours >= 0 && hours <= 1000 ? hours : null;
}
