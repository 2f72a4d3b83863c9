/** The labs held against themselves: starters fail, the solution passes, mutants are caught, and nothing is missing. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCase, scoreLab, type CaseOutcome, type Lab, type Labs, type Subject } from '@tcblab/drill/lab';
import { mutants } from '@tcblab/drill/mutants';
import { runScript } from '@tcblab/drill/script';
import { loadFunctions, type Functions, type PartName } from '@tcblab/host/submission';
import { adaptParts, type LabParts } from '@tcblab/tcp/lab';
import { judgeAnswer } from './answers.ts';
import { allCases } from './check-job.ts';
import { LABS, readLabFile } from './library.ts';

export interface VerifiedLab {
  readonly lab: Lab;
  /** Points of the starter, and of the solution: none and all. */
  readonly starter: number;
  readonly solution: number;
  /** What a solution can reach: not what answers earn. */
  readonly most: number;
  readonly caught: number;
  readonly mutants: number;
  /** In sentences; empty when all is well. */
  readonly faults: readonly string[];
}

const README_SECTIONS = ['Predict', 'Task', 'Why', 'Read', 'Hints', 'Points'];
const SOLUTION = join(LABS, 'solution');

export async function verifyLab(lab: Lab): Promise<VerifiedLab> {
  const faults = [...readmeFaults(lab), ...fileFaults(lab)];
  const beginning = join(LABS, lab.id, 'starter');
  const starter = [...(await tryFolder(lab, beginning, faults)), ...tryAnswers(lab, beginning)];
  const solution = await tryFolder(lab, SOLUTION, faults);
  const starterPoints = scoreLab(lab, starter).points;
  const solutionPoints = scoreLab(lab, solution).points;
  if (starterPoints > 0) {
    const passed = starter.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id);
    faults.push(`the starter passes ${passed.join(', ')}`);
  }
  for (const { id, verdict, reason } of solution) {
    if (verdict !== 'pass') faults.push(`the solution fails ${id}: ${reason}`);
  }
  const most = lab.tasks
    .filter(({ cases }) => cases.some(({ kind }) => kind !== 'answers'))
    .reduce((sum, { points }) => sum + points, 0);
  const { caught, all } = await tryMutants(lab, faults);
  return { lab, starter: starterPoints, solution: solutionPoints, most, caught, mutants: all, faults };
}

/** What no single lab can see. */
export function coverageFaults({ labs, tracks }: Labs): string[] {
  const faults: string[] = [];
  const shown = new Set(labs.flatMap(({ shows }) => shows));
  const systems = Array.from({ length: 26 }, (_, i) => `S${i + 1}`);
  const claims = Array.from({ length: 14 }, (_, i) => `M${i + 1}`);
  for (const id of [...systems, ...claims]) if (!shown.has(id)) faults.push(`no lab shows ${id}`);
  const four = new Set(labs.filter(({ id }) => tracks['four']?.includes(id)).flatMap(({ shows }) => shows));
  // Resets on the diagram's edges are for lab 09.
  for (const id of systems.slice(2, 20)) {
    if (id !== 'S15' && !four.has(id)) faults.push(`the track "four" does not show ${id}`);
  }
  for (const name of ['four', 'eight', 'all'])
    if (tracks[name] === undefined) faults.push(`there is no track "${name}"`);
  const known = new Set(labs.map(({ id }) => id));
  for (const folder of readdirSync(LABS)) {
    if (/^\d\d-/.test(folder) && !known.has(folder)) faults.push(`labs/${folder} is not in labs.json`);
  }
  return faults;
}

function readmeFaults(lab: Lab): string[] {
  const path = join(LABS, lab.id, 'README.md');
  if (!existsSync(path)) return ['it has no README.md'];
  const text = readFileSync(path, 'utf8');
  const headings = Array.from(text.matchAll(/^## (.+)$/gm), ([, heading]) => heading);
  const faults = README_SECTIONS.filter((one) => !headings.some((heading) => heading.startsWith(one))).map(
    (section) => `README.md has no section "${section}"`,
  );
  for (const { title, points } of lab.tasks) {
    const row = new RegExp(`^\\| ${title.replace(/[^\w ]/g, '.')} +\\| +${points} +\\|`, 'm');
    if (!row.test(text)) faults.push(`README.md does not give ${points} points for "${title}"`);
  }
  for (const id of lab.shows) {
    if (!new RegExp(`\\b${id}\\b`).test(text)) faults.push(`README.md does not name ${id}`);
  }
  return faults;
}

function fileFaults(lab: Lab): string[] {
  const faults: string[] = [];
  for (const { one } of allCases(lab)) {
    if (one.kind !== 'answers' && !existsSync(join(LABS, one.path)))
      faults.push(`there is no labs/${one.path}`);
  }
  const starter = join(LABS, lab.id, 'starter');
  const files = existsSync(starter) ? readdirSync(starter).toSorted() : [];
  const wanted = Object.keys(lab.replaces).map((part) => `${part}.ts`);
  // Questions are answered in files that are no code.
  if (allCases(lab).every(({ one }) => one.kind === 'answers'))
    wanted.push(...files.filter((file) => file.endsWith('.json')));
  if (files.length === 0) return [...faults, 'it has no starter'];
  if (files.join() !== wanted.toSorted().join()) {
    faults.push(`its starter holds ${files.join(', ') || 'nothing'} instead of ${wanted.join(', ')}`);
  }
  return faults;
}

async function tryFolder(lab: Lab, folder: string, faults: string[]): Promise<CaseOutcome[]> {
  const loaded = await loadFunctions(folder, lab.replaces);
  if (loaded.ok) return tryAll(lab, subjectOf(loaded.value));
  faults.push(`${folder.slice(LABS.length + 1)}: ${loaded.fault.what}`);
  return [];
}

/** Right answers need a run of one's own: the kit has none to give. */
function tryAnswers(lab: Lab, folder: string): CaseOutcome[] {
  return allCases(lab).flatMap(({ one }) => (one.kind === 'answers' ? [judgeAnswer(folder, one.path)] : []));
}

function subjectOf(functions: LabParts): Subject {
  return { functions, parts: adaptParts(functions) };
}

function tryAll(lab: Lab, subject: Subject): CaseOutcome[] {
  return allCases(lab)
    .filter(({ one }) => one.kind !== 'answers')
    .map(({ one }) => runCase(one, readLabFile(one.path), subject));
}

/** Those of the project, by name, and the lab's own, each a file that replaces some functions of the solution. */
async function tryMutants(lab: Lab, faults: string[]): Promise<{ caught: number; all: number }> {
  let caught = 0;
  const scripts = allCases(lab).flatMap(({ one }) => (one.kind === 'script' ? readLabFile(one.path) : []));
  for (const name of lab.mutants) {
    const mutant = mutants.find((one) => one.name === name);
    if (mutant === undefined) faults.push(`there is no mutant ${name}`);
    else if (
      scripts.some(
        (text) => runScript({ text, parts: mutant.parts, settings: mutant.settings }).verdict === 'fail',
      )
    )
      caught++;
    else faults.push(`nothing notices a TCP that ${mutant.breaks}`);
  }
  const own = await ownMutants(lab);
  for (const { name, subject } of own) {
    if (tryAll(lab, subject).some(({ verdict }) => verdict === 'fail')) caught++;
    else faults.push(`nothing notices the mutant ${name}`);
  }
  return { caught, all: lab.mutants.length + own.length };
}

async function ownMutants(lab: Lab): Promise<{ name: string; subject: Subject }[]> {
  const folder = join(LABS, lab.id, 'mutants');
  if (!existsSync(folder)) return [];
  const solution = await loadFunctions(SOLUTION, lab.replaces);
  if (!solution.ok) return [];
  const found: { name: string; subject: Subject }[] = [];
  for (const file of readdirSync(folder).toSorted()) {
    const module = (await import(join(folder, file))) as Record<string, unknown> & { part?: PartName };
    if (module.part === undefined) continue;
    const changed = { ...solution.value[module.part], ...functionsOf(module, lab.replaces) };
    found.push({
      name: `${lab.id}/mutants/${file}`,
      subject: subjectOf({ ...solution.value, [module.part]: changed }),
    });
  }
  return found;
}

function functionsOf(module: Record<string, unknown>, replaces: Functions): Record<string, unknown> {
  const names = Object.values(replaces).flat();
  return Object.fromEntries(Object.entries(module).filter(([name]) => names.includes(name)));
}
