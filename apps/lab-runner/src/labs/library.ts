/** The labs that this kit has: `labs/labs.json` and the files that it names. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLab, parseLabs, type Lab, type Labs } from '@tcblab/drill/lab';
import type { PartName, SubmissionFolder } from '@tcblab/host/submission';
import { TCBLAB } from '../called.ts';
import { notAble, wrongUse } from '../problem.ts';
import { REPOSITORY } from '../repository.ts';

export const LABS = join(REPOSITORY, 'labs');
/** The types that a student's files are written against. */
export const TYPES = join(REPOSITORY, 'packages', 'tcp', 'src', 'lab', 'api.ts');

/** @throws Problem when the kit's own list of labs is broken */
export function readLabs(): Labs {
  const parsed = parseLabs(readFileSync(join(LABS, 'labs.json'), 'utf8'));
  if (parsed.ok) return parsed.value;
  throw notAble(`labs/labs.json is broken:\n  ${parsed.faults.join('\n  ')}`, 'git checkout labs/labs.json');
}

/** @throws Problem when there is no such lab */
export function labNamed(labs: Labs, name: string): Lab {
  const lab = findLab(labs, name);
  if (lab !== null) return lab;
  const bare = labs.labs.find(({ id }) => id.replace(/^\d+-/, '') === name);
  if (bare !== undefined) return bare;
  throw wrongUse(
    `There is no lab ${name}: there is ${labs.labs.map(({ id }) => id).join(', ')}.`,
    './tcblab labs says more of each',
  );
}

/** @throws Problem when `lab` asks for functions, and the folder does not even have them to be written */
export function refuseUnstarted({ folder, manifest }: SubmissionFolder, lab: Lab, named: string): void {
  const asked = Object.entries(lab.replaces) as [PartName, readonly string[]][];
  const known = asked.some(([part, names]) =>
    names.some((name) => manifest.parts[part]?.[name] !== undefined),
  );
  const started = asked.length === 0 ? existsSync(join(folder, `${lab.id}.md`)) : known;
  if (started || manifest.lab === lab.id) return;
  throw wrongUse(`${lab.id} was not started here.`, `${TCBLAB} labs start ${lab.number} ${named}`);
}

/** A file below `labs`. */
export function readLabFile(path: string): string {
  return readFileSync(join(LABS, path), 'utf8');
}
