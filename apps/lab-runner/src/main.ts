/** The `tcblab` command: reads the command line, runs one verb, shows its problem if there is one, and ends. */
import { CommanderError } from 'commander';
import { asCalled } from './called.ts';
import { Problem } from './problem.ts';
import { createProgram, type Surroundings } from './program.ts';
import { terminalFor } from './terminal/style.ts';

const USAGE_ERROR = 2;
const PLATFORM_ERROR = 3;

const stop = new AbortController();
const around: Surroundings = {
  out: terminalFor(process.stdout, process.env),
  err: terminalFor(process.stderr, process.env),
  signal: stop.signal,
};

let stopped = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Who signals the whole group reaches us twice at once: directly, and through the launcher that passes it on.
    if (stop.signal.aborted && performance.now() - stopped < 300) return;
    // Later, the user means it: whatever is under way dies with its pipes.
    if (stop.signal.aborted) process.exit(130);
    stopped = performance.now();
    stop.abort(name);
  });
}
// What nobody caught must not end as 1, which says that a verdict is fail.
for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (error: unknown) => process.exit(report(error)));
}
// A reader that has seen enough, such as `head`, is no problem of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram(around, (verbCode) => {
    code = verbCode;
  });
  if (words.length === 0) {
    around.out.stream.write(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return report(error);
  }
}

/** Show what went wrong, once and in one form. */
function report(error: unknown): number {
  const { style, stream } = around.err;
  if (error instanceof CommanderError) {
    // Help and version also arrive here, with 0.
    if (error.exitCode === 0) return 0;
    const [message, ...hints] = error.message.replace(/^error: /, '').split('\n');
    const verb = process.argv[2] ?? '';
    const page =
      /^[a-z]+$/.test(verb) && error.code !== 'commander.unknownCommand' ? `${verb} --help` : '--help';
    show(message, hints.length > 0 ? hints.join(' ').replace(/^\(|\)$/g, '') : `See ./tcblab ${page}`);
    return USAGE_ERROR;
  }
  if (error instanceof Problem) {
    show(error.message, error.remedy);
    return error.exitCode;
  }
  // A fault of ours: the stack is what helps most.
  stream.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  show('tcblab itself failed; this says nothing of any TCP.', 'Please report it with the lines above.');
  return PLATFORM_ERROR;

  function show(message: string, remedy: string): void {
    stream.write(`${style.red('tcblab:')} ${message}\n  ${style.bold('→')} ${asCalled(remedy)}\n`);
  }
}
