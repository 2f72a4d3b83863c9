/** The verbs that show runs to others and look after those that are kept: `serve`, `store`, `diff`. */
import type { VerbMaker } from './lab-verbs.ts';

const SHOW = 'Show and keep runs';

export function addServerVerbs({ verb, examples, around, finish }: VerbMaker): void {
  const several = (value: string, before: readonly string[] = []): string[] => [...before, value];
  verb('serve', SHOW)
    .summary('show runs live in a browser, start them from there, and serve the course')
    .description(
      'Serve the runs of this folder to browsers: both ladders growing live, the TCBs and the bytes at any packet, a form\n' +
        'that starts runs, an API (/api/openapi.json), and the course where it is installed. Only this machine can ask,\n' +
        'and only with a link that is printed. More: docs/serve.md',
    )
    .option('--port <number>', '7793 when not given; 0 for any that is free')
    .option('--host <address>', 'listen here; 127.0.0.1 is this machine only', '127.0.0.1')
    .option(
      '--name <name>',
      'answer to this name too, as others reach this machine; may be repeated',
      several,
    )
    .option('--store <folder>', 'where runs are kept; tcblab-runs when not given')
    .option('--tcp <name=folder>', 'a TCP of yours that runs may use; may be repeated', several)
    .option('--no-token', 'let whoever is on this machine look without a link; refused with --host')
    .option('--no-course', 'serve the runs alone, and do not build the course')
    .addHelpText(
      'after',
      examples(
        ['tcblab serve', 'then open the link it prints'],
        ['tcblab serve --tcp mine=./my-tcp', 'runs may put your TCP at either end'],
        ['tcblab serve --host 192.0.2.7 --name lab.example.org', 'for a lab room; hand out the links'],
      ),
    )
    .action(async (options) => {
      const { serve } = await import('./verbs/serve.ts');
      finish(await serve(around, options));
    });

  const store = verb('store', SHOW)
    .summary('list the runs that are kept, and remove old ones')
    .option('--store <folder>', 'where runs are kept; tcblab-runs when not given')
    .option('--json', 'print the list as JSON and nothing else')
    .addHelpText(
      'after',
      examples(
        ['tcblab store', 'all of them, newest first'],
        ['tcblab store prune --keep 50 --dry-run', 'what would go'],
        ['tcblab store prune --older-than 30d', 'forget what is older than 30 days'],
      ),
    )
    .action(async (options) => {
      const { listStore } = await import('./verbs/store.ts');
      finish(await listStore(around, options));
    });
  store
    .command('prune')
    .summary('remove runs by number or age')
    .option('--keep <number>', 'keep so many of the newest')
    .option('--older-than <age>', 'remove what is older: 12h, 30d, 8w')
    .option('--dry-run', 'only say what would go')
    .action(async (_options, command) => {
      const { pruneStore } = await import('./verbs/store.ts');
      finish(pruneStore(around, command.optsWithGlobals()));
    });

  verb('diff <run> <other>', SHOW)
    .summary('where two runs first differ, segment by segment; 0 alike, 1 different')
    .description(
      'Hold the ladders of two runs against each other and show the first row that differs, with frame numbers at A and B.\n' +
        'Times are not compared. A run is a folder, or its name in tcblab-runs.',
    )
    .option('--json', 'print the divergence as JSON and nothing else')
    .addHelpText('after', examples(['tcblab diff first-run second-run', 'folders, or names in tcblab-runs']))
    .action(async (run, other, options) => {
      const { diff } = await import('./verbs/diff.ts');
      finish(diff(around, run, other, options));
    });
}
