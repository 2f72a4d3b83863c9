/** `clean`: remove what earlier runs left, and say what it was. */
import { rmSync } from 'node:fs';
import { cleanLeftovers, describeLeftovers } from '@tcblab/host/namespace';
import { caches, drafts, results, type Leftover } from '../leftovers.ts';
import { errno, notAble } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { inBytes } from '../terminal/bytes.ts';
import { table } from '../terminal/table.ts';

export interface CleanOptions {
  readonly runs?: boolean;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export async function clean(around: Surroundings, options: CleanOptions): Promise<number> {
  const { stream, style } = around.out;
  const processes = await endProcesses(options.dryRun ?? false);
  const files: Leftover[] = [...drafts()];
  if (options.runs || options.all) files.push(...results());
  if (options.all) files.push(...caches());
  if (!options.dryRun) for (const leftover of files) remove(leftover);

  const rows = [...processes, ...files.map((one) => [one.what, inBytes(one.bytes), one.path])];
  if (rows.length === 0) {
    const kept = options.runs || options.all ? '' : ' Results are kept; --runs removes them too.';
    stream.write(`${style.green('Nothing to remove.')}${kept}\n`);
    return 0;
  }
  const bytes = inBytes(files.reduce((sum, leftover) => sum + leftover.bytes, 0));
  stream.write(`${table(rows)}\n\n${options.dryRun ? `${bytes} would go.` : `${bytes} removed.`}\n`);
  return 0;
}

/** Namespaces and cables go with the processes that are in them. */
async function endProcesses(dryRun: boolean): Promise<string[][]> {
  if (process.platform !== 'linux') return [];
  const row = ({ pid, command }: { pid: number; command: string }): string[] => [
    'process',
    String(pid),
    command,
  ];
  if (dryRun) return describeLeftovers().map(row);
  const { ended, remaining } = await cleanLeftovers();
  if (remaining.length > 0) {
    const pids = remaining.map(({ pid }) => pid).join(' ');
    throw notAble(`Processes of earlier runs could not be ended: ${pids}.`, `sudo kill -9 ${pids}`);
  }
  return ended.map(row);
}

function remove({ path }: Leftover): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw notAble(
      `${path} cannot be removed (${errno(error) ?? 'unknown error'}).`,
      `sudo rm -r ${path}`,
      error,
    );
  }
}
