/** The verbs of those who write a TCP: `labs` and `check`. */
import { Option, type Command } from 'commander';
import { nearest } from './nearest.ts';
import { wrongUse, type Problem } from './problem.ts';
import type { Surroundings } from './program.ts';

const LEARN = 'Write a TCP';

export interface VerbMaker {
  /** Makes a verb of the program. */
  readonly verb: (usage: string, group: string) => Command;
  readonly examples: (...lines: readonly (readonly [string, string])[]) => string;
  readonly around: Surroundings;
  readonly finish: (code: number) => void;
}

function unknownVerb(word: string): Problem {
  const guess = nearest(word, ['start', 'submit', 'verify']);
  const next = guess === undefined ? 'There is start, submit and verify.' : `Did you mean labs ${guess}?`;
  return wrongUse(`labs has no ${word}.`, next);
}

export function addLabVerbs({ verb, examples, around, finish }: VerbMaker): void {
  const labs = verb('labs', LEARN)
    .summary('list the labs; start one, hand it in')
    .description(
      'What there is to write, how long it takes, and what the folder where you stand has reached.',
    )
    .option('--track <name>', 'four, eight or all', 'all')
    .addHelpText(
      'after',
      examples(
        ['tcblab labs', 'all of them'],
        ['tcblab labs start 03 my-tcp', 'a folder for lab 03'],
        ['tcblab labs start 05 my-tcp', 'the next lab, in the same folder'],
        ['tcblab labs submit 03 my-tcp', 'one zip to be handed in'],
      ),
    )
    .allowExcessArguments()
    .action(async (options) => {
      const [unknown] = labs.args;
      if (unknown !== undefined) throw unknownVerb(unknown);
      const { listLabs } = await import('./verbs/labs.ts');
      finish(listLabs(around, options));
    });
  labs
    .command('start <lab> [folder]')
    .summary('make a folder for a lab, or go on in one; what stands there is never changed')
    .action(async (lab, folder) => {
      const { startLabs } = await import('./verbs/labs.ts');
      finish(startLabs(around, lab, folder));
    });
  labs
    .command('submit <lab> [folder]')
    .summary('check a lab once more and put it into one zip, with a receipt')
    .option('--hours <number>', 'how long it took; asked for when not given')
    .option('--bugs <text>', 'faults that you know of; asked for when not given')
    .option('--members <ids>', 'who wrote it, with commas; asked for when not given')
    .option('--out <file>', 'name of the zip')
    .action(async (lab, folder, options) => {
      const { submitLab } = await import('./verbs/labs.ts');
      finish(await submitLab(around, lab, folder, options));
    });
  labs
    .command('verify')
    .summary('hold the labs against themselves: starters fail, the solution passes, mutants are caught')
    .action(async () => {
      const { verifyLabs } = await import('./verbs/labs.ts');
      finish(await verifyLabs(around));
    });

  verb('check [folder] [lab]', LEARN)
    .summary("try a lab's cases on your folder, in virtual time, and explain the first that fails")
    .description(
      'Try the visible cases of a lab on the folder where you write it. Without a folder, the one where you stand; without\n' +
        'a lab, the one that was started last. Your code runs in a thread of its own: an endless loop is a failure like any other.',
    )
    .option('--only <case>', 'only this case, such as handshake/passive-open')
    .option('--watch', 'again at each save')
    .option('--inspect [case]', 'wait for a debugger, and stop at breakpoints in your TypeScript')
    .addHelpText(
      'after',
      examples(
        ['tcblab check', 'the folder where you stand'],
        ['tcblab check my-lab 03 --watch', 'lab 03, again at each save'],
        ['tcblab check --only passive-open', 'one case'],
        ['tcblab check --inspect passive-open', 'step through it'],
      ),
    )
    .action(async (folder, lab, options) => {
      const { check } = await import('./verbs/check.ts');
      finish(await check(around, folder, lab, options));
    });

  verb('grade <submissions...>', 'Grade')
    .summary('judge submissions of a lab behind walls, and write the results')
    .description(
      'Judge folders, zips, or folders of them. The reference goes first: where it does not pass, nobody fails. There is\n' +
        'always a result, and it says whose fault it is. The same submission and seed give the same octets.',
    )
    .requiredOption('--lab <number>', 'which lab, such as 03')
    .option('--seed <number>', 'sequence numbers and losses follow from it; 1 unless given')
    .option('--allow-weak-isolation', 'grade as a plain child process where there are no walls')
    .addOption(
      new Option('--format <name>', 'what is printed, and written into --out; markdown unless given').choices(
        ['json', 'gradescope', 'junit', 'ctrf', 'csv', 'markdown', 'github', 'html'],
      ),
    )
    .option('--out <folder>', 'one JSON for each submission, written as soon as it is graded, and the format')
    .option('--jobs <number>', 'so many at once; 2 unless given')
    .option('--resume', 'keep what --out holds of the same files, seed and kit, and grade the rest')
    .addHelpText(
      'after',
      examples(
        ['tcblab grade my-tcp --lab 03', 'one folder'],
        ['tcblab grade handed-in --lab 03 --out graded --format csv', 'a folder of zips, and a gradebook'],
        ['tcblab grade handed-in --lab 03 --out graded --format csv --resume', 'go on after an interruption'],
      ),
    )
    .action(async (submissions, options) => {
      const { grade } = await import('./verbs/grade.ts');
      finish(await grade(around, submissions, options));
    });
}
