/** `check`: a student's folder against the visible cases of a lab, in virtual time. */
import { existsSync, watch } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { caseId, type Lab } from '@tcblab/drill/lab';
import { openSubmission, ownFunctions, type SubmissionFolder } from '@tcblab/host/submission';
import { TCBLAB } from '../called.ts';
import { allCases } from '../labs/check-job.ts';
import { check as checkCases } from '../labs/check.ts';
import { withDebugger } from '../labs/inspect.ts';
import { labNamed, readLabs, refuseUnstarted } from '../labs/library.ts';
import { rememberProgress } from '../labs/progress.ts';
import { formatCheck, shortId } from '../labs/report.ts';
import { scoreFolder } from '../labs/score.ts';
import { scoreTogether } from '../labs/together.ts';
import { nearest } from '../nearest.ts';
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';

export interface CheckOptions {
  readonly only?: string;
  readonly watch?: boolean;
  /** `true` when no case was named. */
  readonly inspect?: string | true;
}

/** @returns 0 when every case passed, 1 when one did not, 130 when it was interrupted */
export async function check(
  around: Surroundings,
  first: string | undefined,
  second: string | undefined,
  options: CheckOptions,
): Promise<number> {
  const { folder: named, lab: asked } = sortOut(first, second);
  const opened = openSubmission(named);
  if (!opened.ok) throw wrongUse(`${opened.fault.what}.`, opened.fault.next);
  const submission = opened.value;
  if (submission.manifest.command !== null) {
    throw wrongUse(
      `${named} is written in ${submission.manifest.language}, and check reads TypeScript.`,
      `${TCBLAB} script labs/scripts --sut ${named}`,
    );
  }
  const lab = labNamed(readLabs(), asked ?? submission.manifest.lab);
  refuseUnstarted(submission, lab, quoted(named));
  const command = `${TCBLAB} check ${quoted(named)} ${lab.number}`;
  const only = whichCase(lab, typeof options.inspect === 'string' ? options.inspect : options.only);
  if (options.inspect !== undefined) return inspect(around, submission, lab, only, command);
  if (options.watch !== true) return once(around, submission, lab, only, command);
  return watching(around, submission, () => once(around, submission, lab, only, command));
}

async function once(
  { out, err, signal }: Surroundings,
  submission: SubmissionFolder,
  lab: Lab,
  only: string | null,
  command: string,
): Promise<number> {
  const { folder, manifest } = submission;
  const own = ownFunctions(manifest, lab.replaces);
  let loops = 0;
  const onLoop = (id: string, what: string): void => {
    loops++;
    err.stream.write(`${err.style.yellow('…')} ${shortId(id)}: ${what}\n`);
  };
  const { outcomes, fault } = await checkCases({ folder, lab, functions: own, only, signal, onLoop });
  if (signal.aborted) return 130;
  if (fault !== null) {
    out.stream.write(
      `${out.style.red('✗')} ${fault.what}\n  → ${fault.next}\n\nisolated  0 of ${lab.isolatedPoints} points\n`,
    );
    return 1;
  }
  const score = scoreFolder(lab, own, outcomes);
  if (loops > 0 && only === null) err.stream.write(`${err.style.yellow('…')} all of it together\n`);
  const together =
    only === null && lab.togetherPoints > 0
      ? await scoreTogether({ folder, lab, own: ownFunctions(manifest), signal })
      : null;
  if (only === null) {
    rememberProgress(folder, lab.id, { isolated: score.isolated, together: together?.points ?? null });
  }
  const shown = only === null ? lab : { ...lab, tasks: onlyTask(lab, only) };
  const report = { lab: shown, outcomes, score: only === null ? score : scoreFolder(shown, own, outcomes) };
  out.stream.write(formatCheck({ ...report, whole: only === null, together, command }, out.style));
  return outcomes.every(({ verdict }) => verdict === 'pass') ? 0 : 1;
}

/** The task of one case, with that case alone. */
function onlyTask(lab: Lab, only: string): Lab['tasks'] {
  return lab.tasks
    .map((task) => ({ ...task, cases: task.cases.filter((one) => caseId(one) === only) }))
    .filter(({ cases }) => cases.length > 0);
}

async function inspect(
  { out, err, signal }: Surroundings,
  { folder, manifest }: SubmissionFolder,
  lab: Lab,
  only: string | null,
  command: string,
): Promise<number> {
  const functions = ownFunctions(manifest, lab.replaces);
  const url = pathToFileURL(folder).href;
  const { outcomes, fault } = await withDebugger(err, url, () =>
    checkCases({ folder, lab, functions, only, signal, inspect: true }),
  );
  if (fault !== null) throw wrongUse(`${capital(fault.what)}.`, fault.next);
  const shown = only === null ? lab : { ...lab, tasks: onlyTask(lab, only) };
  const score = scoreFolder(shown, functions, outcomes);
  const report = { lab: shown, outcomes, score, whole: only === null, together: null, command };
  out.stream.write(formatCheck(report, out.style));
  return outcomes.every(({ verdict }) => verdict === 'pass') ? 0 : 1;
}

/** Again at each save, until Ctrl-C. */
async function watching(
  { err, signal }: Surroundings,
  { folder }: SubmissionFolder,
  run: () => Promise<number>,
): Promise<number> {
  await run();
  while (!signal.aborted) {
    err.stream.write(`${err.style.dim('waiting for a change; Ctrl-C ends')}\n`);
    if (!(await nextChange(folder, signal))) break;
    const time = new Date().toTimeString().slice(0, 8);
    err.stream.write(`\n${err.style.bold(`──── again, ${time} ${'─'.repeat(40)}`)}\n\n`);
    await run();
  }
  return 130;
}

const SETTLE_MS = 60;

/** @returns false when `signal` came first */
function nextChange(folder: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((settle) => {
    const watcher = watch(folder, (_event, file) => {
      if (file === null || !/\.(ts|json)$/.test(file)) return;
      // An editor writes in several steps.
      setTimeout(() => finish(true), SETTLE_MS);
    });
    const stop = (): void => finish(false);
    const finish = (changed: boolean): void => {
      watcher.close();
      signal.removeEventListener('abort', stop);
      settle(changed);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

/** `check`, `check 03`, `check DIR`, `check DIR 03`. */
function sortOut(first = '.', second?: string): { folder: string; lab: string | undefined } {
  if (second !== undefined) return { folder: first, lab: second };
  if (/^\d{1,2}(-[a-z-]+)?$/.test(first) && !existsSync(resolve(first, 'tcblab.json'))) {
    return { folder: '.', lab: first };
  }
  return { folder: first, lab: undefined };
}

/** The case that is meant: a whole id, or its end, with or without `.pkt`. */
function whichCase(lab: Lab, asked: string | undefined): string | null {
  if (asked === undefined) return null;
  const ids = allCases(lab).map(({ one }) => caseId(one));
  const found = ids.filter(
    (id) => id === asked || shortId(id) === asked || id.endsWith(`/${asked}`) || id.endsWith(`/${asked}.pkt`),
  );
  if (found.length === 1) return found[0];
  const names = ids.map(shortId);
  const guess = nearest(asked, names);
  throw wrongUse(
    found.length > 1
      ? `${asked} could be ${found.map(shortId).join(' or ')}.`
      : `${lab.id} has no case ${asked}.`,
    guess === undefined ? `It has: ${names.join(', ')}` : `Did you mean ${guess}?`,
  );
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
