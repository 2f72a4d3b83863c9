/** `npm test` and its parts: the checks, the tests, a table of both, and the line that closes the run. */
import { runCheck, type Check } from './check.ts';
import { checks, formatters } from './checks.ts';
import { closingLine, tableOf, type Outcome } from './outcome.ts';
import { runVitest } from './vitest.ts';

const [task = 'test', ...args] = process.argv.slice(2);

switch (task) {
  case 'test':
    // Given a name or a flag, only the tests that it picks: the quick round of one who is at work.
    await finish(args.length > 0 ? [] : await runAll(checks), args);
    break;
  case 'coverage':
    await finish([], ['--coverage', ...args]);
    break;
  case 'lint':
    conclude(await runAll(checks.filter((check) => check.name !== 'build')));
    break;
  case 'format':
    conclude(await runAll(formatters));
    break;
  case 'notices':
    await import('../notices/notices.ts');
    break;
  default:
    throw new RangeError(`the suite knows no task ${task}`);
}

async function runAll(list: readonly Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of list) outcomes.push(await runCheck(check));
  return outcomes;
}

async function finish(outcomes: readonly Outcome[], vitestArgs: readonly string[]): Promise<void> {
  const tests = await runVitest(vitestArgs);
  for (const line of tests.needs) console.log(`skipped: ${line}`);
  conclude([...outcomes, ...tests.outcomes]);
}

function conclude(outcomes: readonly Outcome[]): void {
  console.log(`\n${tableOf(outcomes)}\n\n${closingLine(outcomes)}`);
  process.exitCode = outcomes.some((one) => one.failed > 0) ? 1 : 0;
}
