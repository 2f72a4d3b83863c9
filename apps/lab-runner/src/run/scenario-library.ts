/** Scenario files: those of the project by their names, any other by its path. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nearest } from '../nearest.ts';
import { errno, wrongUse } from '../problem.ts';
import { REPOSITORY } from '../repository.ts';
import { table } from '../terminal/table.ts';

const FOLDER = join(REPOSITORY, 'labs', 'scenarios');
const ENDING = '.yaml';

export interface ScenarioFile {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Names that need no path. */
export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => basename(file, ENDING))
    .toSorted();
}

/** The project's scenarios, each on a line with its title, for those who have to choose. */
export function scenarioTable(): string {
  return table(
    scenarioNames().map((name) => [`  ${name}`, /^title: (.+)$/m.exec(readNamed(name).text)?.[1] ?? '']),
  );
}

/**
 * @param asked a name such as `handshake`, or a path: with a slash in it, or a `.yaml` at its end
 * @throws Problem when there is no such scenario, or its file cannot be read
 */
export function readScenario(asked: string): ScenarioFile {
  return asked.includes('/') || /\.ya?ml$/.test(asked) ? readPath(asked) : readNamed(asked);
}

function readNamed(name: string): ScenarioFile {
  const known = scenarioNames();
  if (known.includes(name)) return readPath(join(FOLDER, name + ENDING));
  const guess = nearest(name, known);
  throw wrongUse(
    `There is no scenario "${name}". There is: ${known.join(', ')}.`,
    guess === undefined
      ? 'Name one of these, or the path of a .yaml file of yours.'
      : `Did you mean ./tcblab run ${guess}?`,
  );
}

function readPath(path: string): ScenarioFile {
  try {
    return { name: basename(path).replace(/\.ya?ml$/, ''), path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = errno(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw wrongUse(
        `There is no file ${path}.`,
        `Scenarios that need no path: ${scenarioNames().join(', ')}.`,
      );
    }
    if (code === 'EISDIR') throw wrongUse(`${path} is a folder.`, `Name a .yaml file in it.`);
    throw wrongUse(`${path} cannot be read (${code ?? 'unknown error'}).`, `chmod +r ${path}`);
  }
}
