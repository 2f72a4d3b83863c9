/** How the user calls this command from where they stand, for hints that can be typed as they are. */
import { join, relative, sep } from 'node:path';
import { REPOSITORY } from './repository.ts';

/** Such as `./tcblab`, `../tcblab`, or an absolute path where that is shorter. */
export const TCBLAB = pathFrom(process.cwd(), join(REPOSITORY, 'tcblab'));

export function pathFrom(folder: string, command: string): string {
  const way = relative(folder, command);
  const short = way.startsWith('..') ? way : `.${sep}${way}`;
  const path = short.length < command.length ? short : command;
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** A hint in which the command is called as the user has to call it here. */
export function asCalled(hint: string): string {
  return hint.replaceAll('./tcblab ', `${TCBLAB} `);
}
