/** `grade`: submissions of a lab, judged behind walls, and written in whatever format the course reads. */
import { availableParallelism } from 'node:os';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { exitCode } from '@tcblab/drill/verdict';
import {
  availableTiers,
  DEFAULT_LIMITS,
  discard,
  flyCanary,
  FORMATS,
  grade as gradeTaken,
  takeSubmission,
  TIERS,
  type FormatName,
  type GradeResult,
  type ProcessTier,
  type Terms,
} from '@tcblab/grader';
import { isSubmission } from '@tcblab/host/submission';
import type { Lab } from '@tcblab/drill/lab';
import { copiesAmong, type Prints } from '../grade/copies.ts';
import { likelyMistake } from '../grade/likely-mistake.ts';
import { judgeAnswer } from '../labs/answers.ts';
import { LABS, labNamed, readLabFile, readLabs } from '../labs/library.ts';
import { interrupted, notAble, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { VERSION } from '../version.ts';

export interface GradeOptions {
  readonly lab: string;
  readonly seed?: string;
  readonly allowWeakIsolation?: boolean;
  readonly format?: FormatName;
  readonly out?: string;
  readonly jobs?: string;
  readonly resume?: boolean;
}

/** @returns the exit code of all verdicts together */
export async function grade(
  around: Surroundings,
  named: readonly string[],
  options: GradeOptions,
): Promise<number> {
  const { out, err, signal } = around;
  const lab = labNamed(readLabs(), options.lab);
  const seed = wholeNumber('--seed', options.seed ?? '1', 0, 2 ** 32 - 1);
  const jobs = wholeNumber('--jobs', options.jobs ?? `${Math.min(2, availableParallelism())}`, 1, 64);
  if (options.resume === true && options.out === undefined)
    throw wrongUse('--resume goes on in the folder that --out names.', 'Give the same --out again.');
  const tier = strongest(options.allowWeakIsolation === true);
  const paths = submissionsOf(named);
  const terms: Terms = {
    tier,
    seed,
    limits: { ...DEFAULT_LIMITS, cpu: 6 },
    versions: { tcblab: VERSION, node: process.version.slice(1) },
    solution: join(LABS, 'solution'),
    read: readLabFile,
    answers: judgeAnswer,
    likely: likelyMistake,
  };
  const facts = TIERS[tier];
  err.stream.write(`${lab.id}, ${paths.length} to grade, ${tier}: ${facts.stops}.\n`);
  err.stream.write(`  It does not stop ${facts.leaves}.\n`);
  const results = await gradeAll(around, { lab, terms, paths, jobs, options });
  if (signal.aborted)
    throw interrupted(
      `${results.length} of ${paths.length} are graded.`,
      options.out === undefined
        ? 'With --out, --resume goes on where it stopped.'
        : 'Give --resume to go on.',
    );
  const format = FORMATS[options.format ?? 'markdown'];
  const text = format.write(results);
  if (options.out !== undefined) writeWhole(join(options.out, format.file), text);
  out.stream.write(text);
  return exitCode(results.map(({ verdict }) => verdict));
}

interface Batch {
  readonly lab: Lab;
  readonly terms: Terms;
  readonly paths: readonly string[];
  readonly jobs: number;
  readonly options: GradeOptions;
}

/** In the order of `paths`; fewer when it was interrupted. */
async function gradeAll({ err, signal }: Surroundings, { lab, terms, paths, jobs, options }: Batch) {
  const results = new Map<string, GradeResult>();
  const prints = new Map<string, Prints>();
  const folder = options.out === undefined ? null : join(options.out, 'submissions');
  if (folder !== null) mkdirSync(folder, { recursive: true });
  const canary = await flyCanary(lab, terms, signal);
  const left = [...paths];
  const work = async (): Promise<void> => {
    for (let path = left.shift(); path !== undefined && !signal.aborted; path = left.shift()) {
      const taken = takeSubmission(path, lab);
      try {
        prints.set(path, taken.prints);
        const file = folder === null ? null : join(folder, `${fileName(paths, path)}.json`);
        const kept =
          options.resume === true && file !== null ? keptResult(file, taken.facts.digest, lab, terms) : null;
        const result = kept ?? (await gradeTaken({ lab, terms, taken, signal }, canary));
        if (signal.aborted) return;
        results.set(path, result);
        if (kept === null && file !== null) writeWhole(file, `${JSON.stringify(result, null, 2)}\n`);
        const { score } = result.grade;
        const points = score === null ? 'no score' : `${score.points} of ${score.most}`;
        err.stream.write(
          `  ${results.size}/${paths.length} ${basename(path)}: ${points}${kept === null ? '' : ', as before'}\n`,
        );
      } finally {
        discard(taken);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const copies = copiesAmong(prints, lab);
  return paths.flatMap((path) => {
    const result = results.get(path);
    if (result === undefined) return [];
    const integrity = [...result.grade.integrity, ...(copies.get(path) ?? [])];
    return [{ ...result, grade: { ...result.grade, integrity } }];
  });
}

/** What was graded before under the same terms; a verdict that says nothing is tried again. */
function keptResult(file: string, digest: string, lab: Lab, terms: Terms): GradeResult | null {
  if (!existsSync(file) || digest === '') return null;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as GradeResult;
    const isSame =
      kept.grade.submission.digest === digest &&
      kept.subject === lab.id &&
      kept.seed === terms.seed &&
      kept.isolation === terms.tier &&
      kept.versions['tcblab'] === terms.versions['tcblab'];
    return isSame && kept.verdict !== 'inconclusive' ? kept : null;
  } catch {
    return null;
  }
}

/** A reader sees the old file or the new one, never half of it. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

/** Two of the same name, from different folders, are told apart by their place in the list. */
function fileName(paths: readonly string[], path: string): string {
  const name = basename(resolve(path)).replace(/[^\w.-]/g, '_');
  const alike = paths.filter((one) => basename(resolve(one)).replace(/[^\w.-]/g, '_') === name);
  return alike.length === 1 ? name : `${name}-${paths.indexOf(path) + 1}`;
}

function strongest(weak: boolean): ProcessTier {
  const [tier] = availableTiers();
  if (TIERS[tier].grades || weak) return tier;
  throw notAble(
    `Here judged code can only be kept apart as a child process: ${TIERS[tier].leaves}.`,
    'sudo apt install bubblewrap, or --allow-weak-isolation for code that you trust',
  );
}

/** A submission is a folder with tcblab.json or a zip; any other folder holds submissions. */
function submissionsOf(named: readonly string[]): string[] {
  return named.flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined)
      throw wrongUse(`There is no ${path}.`, 'Name a folder, a zip, or a folder of them.');
    if (!stat.isDirectory() || isSubmission(path)) return [path];
    const inside = readdirSync(path, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.name.endsWith('.zip')))
      .map(({ name }) => join(path, name))
      .toSorted();
    return inside.some((one) => one.endsWith('.zip') || isSubmission(one)) ? inside : [path];
  });
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
  throw wrongUse(`${name} is ${least} to ${most}, not ${text}.`, 'Leave it out.');
}
