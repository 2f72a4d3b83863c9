/** Files that are whole or not there at all. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { errno, notAble } from '../problem.ts';

/** @throws Problem when the disk refuses; nothing of the file is left then, and what stood in its place stays */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw refusedWrite(path, error);
  }
}

/** What the disk refuses, for who has to mend it; anything else as it is. */
function refusedWrite(path: string, error: unknown): unknown {
  const code = errno(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return notAble(
      `The disk is full: ${path} was not written.`,
      'Make room (df -h .), and run it again.',
      error,
    );
  return notAble(
    `${path} cannot be written: ${code}.`,
    'Name another place, or see who may write there.',
    error,
  );
}
