/** `labs`: what there is to write, and the way from a first file to one zip. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isSubmission, openSubmission, ownFunctions } from '@tcblab/host/submission';
import { TCBLAB } from '../called.ts';
import { check } from '../labs/check.ts';
import { labNamed, readLabs, refuseUnstarted } from '../labs/library.ts';
import { readProgress, rememberProgress } from '../labs/progress.ts';
import { scoreFolder } from '../labs/score.ts';
import { ask, hoursOf } from '../labs/questions.ts';
import { startLab } from '../labs/start.ts';
import { RECEIPT, packSubmission } from '../labs/submission-zip.ts';
import { scoreTogether } from '../labs/together.ts';
import { coverageFaults, verifyLab } from '../labs/verify.ts';
import { writeWhole } from '../labs/whole-file.ts';
import { interrupted, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { table } from '../terminal/table.ts';
import { VERSION } from '../version.ts';

/** The labs of a track, and what the folder where one stands has reached. */
export function listLabs({ out }: Surroundings, { track = 'all' }: { readonly track?: string }): number {
  const { labs, tracks } = readLabs();
  const ids = tracks[track];
  if (ids === undefined) {
    throw wrongUse(`There is no track ${track}.`, `There is ${Object.keys(tracks).join(', ')}.`);
  }
  const { style, stream } = out;
  const progress = readProgress(process.cwd());
  const rows = labs
    .filter(({ id }) => ids.includes(id))
    .map((lab) => {
      const reached = progress.get(lab.id);
      const most = lab.isolatedPoints + lab.togetherPoints;
      const points = reached === undefined ? '' : `${reached.isolated + (reached.together ?? 0)} of ${most}`;
      return [`  ${style.bold(lab.id)}`, lab.title, `${lab.hours} h`, lab.shows.join(' '), points];
    });
  stream.write(`${table([['  lab', '', 'time', 'shows', 'points'].map(style.dim), ...rows])}\n\n`);
  const here = isSubmission('.') ? openSubmission('.') : null;
  const reached = here?.ok === true ? ids.indexOf(here.value.manifest.lab) : -1;
  stream.write(`${wayOn(reached)}\n`);
  return 0;

  /** What comes next in a folder that has come as far as a lab of the track; -1 = none. */
  function wayOn(at: number): string {
    const start = (id: string, folder: string): string =>
      style.cyan(`${TCBLAB} labs start ${id.slice(0, 2)} ${folder}`);
    if (at < 0) return `Begin with ${start(ids[0], 'my-tcp')}`;
    const lab = labNamed(readLabs(), ids[at]);
    const points = progress.get(lab.id);
    const finished = (points?.isolated ?? 0) >= lab.isolatedPoints;
    if (!finished) return `Go on with ${style.cyan(`${TCBLAB} check . ${lab.number}`)}`;
    if (at + 1 === ids.length)
      return `That was the last one: ${style.cyan(`${TCBLAB} labs submit ${lab.number}`)}`;
    return `${lab.id} is done; go on with ${start(ids[at + 1], '.')}`;
  }
}

/** A folder for a lab, or the same folder's next lab. */
export function startLabs({ out }: Surroundings, name: string, path?: string): number {
  const lab = labNamed(readLabs(), name);
  const folder = path ?? (isSubmission('.') ? '.' : 'my-tcp');
  const { made, kept, toAdd } = startLab(lab, folder);
  const { style, stream } = out;
  stream.write(`${style.bold(lab.id)}  ${lab.title}, about ${lab.hours} hours\n\n`);
  for (const file of made) stream.write(`  ${style.green('+')} ${join(folder, file)}\n`);
  for (const file of kept) stream.write(`  = ${join(folder, file)} ${style.dim('as it was')}\n`);
  for (const { file, functions, stubs } of toAdd) {
    stream.write(`\n  Add to ${file}: ${functions.join(', ')}. ${stubs} holds their beginnings.\n`);
  }
  stream.write(
    `\nRead ${join(folder, `${lab.id}.md`)}, then ${style.cyan(`${TCBLAB} check ${folder} --watch`)}\n`,
  );
  return 0;
}

export interface SubmitOptions {
  readonly hours?: string;
  readonly bugs?: string;
  readonly members?: string;
  readonly out?: string;
}

/** @returns 0 also when cases fail: handing in is not passing */
export async function submitLab(
  around: Surroundings,
  name: string,
  path = '.',
  options: SubmitOptions = {},
): Promise<number> {
  const lab = labNamed(readLabs(), name);
  const opened = openSubmission(path);
  if (!opened.ok) throw wrongUse(`${opened.fault.what}.`, opened.fault.next);
  const { folder, manifest } = opened.value;
  refuseUnstarted(opened.value, lab, path);
  const { out, err, signal } = around;
  const file = options.out ?? freeName(lab.id);
  if (options.out !== undefined && existsSync(file)) {
    throw wrongUse(`${file} exists, and is not overwritten.`, 'Name another file by --out.');
  }
  if (options.hours !== undefined) hoursOf(options.hours);
  err.stream.write(`checking ${lab.id} …\n`);
  const own = ownFunctions(manifest, lab.replaces);
  const { outcomes, fault } = await check({ folder, lab, functions: own, only: null, signal });
  const together =
    lab.togetherPoints === 0
      ? { points: 0, lacking: '' }
      : await scoreTogether({ folder, lab, own: ownFunctions(manifest), signal });
  if (signal.aborted) throw interrupted('Nothing was written.', 'Run it again.');
  const { isolated } = scoreFolder(lab, own, outcomes);
  rememberProgress(folder, lab.id, { isolated, together: together.points });
  const passed = outcomes.filter(({ verdict }) => verdict === 'pass').length;
  err.stream.write(
    `  ${fault === null ? `${passed} of ${outcomes.length} cases pass` : fault.what}: ` +
      `${isolated} of ${lab.isolatedPoints} and ${together.points} of ${lab.togetherPoints} points\n`,
  );
  const answers = await ask(around, options);
  const { zip, receipt } = packSubmission(folder, {
    lab: lab.id,
    versions: { tcblab: VERSION, node: process.version.slice(1) },
    ...answers,
    reached: { isolated, together: together.points },
    submitted: new Date().toISOString(),
  });
  writeWhole(file, zip);
  const { style, stream } = out;
  stream.write(`${style.green('✓')} ${style.bold(relative('.', resolve(file)) || file)}\n`);
  for (const { path: listed } of receipt.files) stream.write(`  + ${listed}\n`);
  stream.write(`  ${receipt.files.length} of your files and ${RECEIPT}, digest ${receipt.digest}\n`);
  stream.write(`  Keep the digest: it proves what you handed in.\n`);
  return 0;
}

/** Such as `03-handshake.zip`; with a number where that is taken: what was handed in is not overwritten. */
function freeName(id: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${id}.zip` : `${id}-${n}.zip`;
    if (!existsSync(name)) return name;
  }
}

/** The two-way gate. @returns 0 when the labs hold, 1 when they do not */
export async function verifyLabs({ out, signal }: Surroundings): Promise<number> {
  const { style, stream } = out;
  const labs = readLabs();
  const rows = [['', 'cases', 'starter', 'solution', 'mutants caught'].map(style.bold)];
  const faults = coverageFaults(labs);
  for (const lab of labs.labs) {
    if (signal.aborted) return 130;
    const one = await verifyLab(lab);
    const cases = lab.tasks.reduce((sum, task) => sum + task.cases.length, 0);
    rows.push([
      `${one.faults.length === 0 ? style.green('✓') : style.red('✗')} ${lab.id}`,
      `${cases}`,
      `${one.starter}`,
      `${one.solution} of ${one.most}`,
      `${one.caught} of ${one.mutants}`,
    ]);
    faults.push(...one.faults.map((fault) => `${lab.id}: ${fault}`));
  }
  stream.write(`${table(rows)}\n`);
  if (faults.length > 0)
    stream.write(`\n${faults.map((fault) => `${style.red('✗')} ${fault}`).join('\n')}\n`);
  else stream.write(`\n${style.green('Starters fail, the solution passes, every mutant is caught.')}\n`);
  return faults.length === 0 ? 0 : 1;
}
