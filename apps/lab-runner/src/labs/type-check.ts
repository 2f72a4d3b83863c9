/** What the kit's own TypeScript says of a student's folder, which has none installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SubmissionFault } from '@tcblab/host/submission';
import { REPOSITORY } from '../repository.ts';

const TSC = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
const PATIENCE_MS = 20_000;
/** The first is the cause, mostly of the rest. */
const MOST_LINES = 5;

/** The same fault; where the code cannot be loaded, with the compiler's lines as what to do next. */
export function withDiagnostics(folder: string, fault: SubmissionFault): SubmissionFault {
  if (fault.blame !== 'code' || !existsSync(TSC) || !existsSync(join(folder, 'tsconfig.json'))) return fault;
  const { stdout } = spawnSync(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  const lines = (stdout ?? '').split('\n').filter((line) => line.includes(': error TS'));
  return lines.length === 0 ? fault : { ...fault, next: lines.slice(0, MOST_LINES).join('\n    ') };
}
