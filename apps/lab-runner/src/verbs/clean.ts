/** `clean`: remove what earlier runs left, and say what it was. */
import { rmSync } from 'node:fs';
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
  const found: Leftover[] = [...drafts()];
  if (options.runs || options.all) found.push(...results());
  if (options.all) found.push(...caches());
  if (found.length === 0) {
    stream.write(
      `${style.green('Nothing to remove.')}${options.runs || options.all ? '' : ' Results are kept; --runs removes them too.'}\n`,
    );
    return 0;
  }
  if (!options.dryRun) for (const leftover of found) remove(leftover);
  const bytes = found.reduce((sum, leftover) => sum + leftover.bytes, 0);
  stream.write(
    `${table(found.map((one) => [one.what, one.bytes === 0 ? '' : inBytes(one.bytes), one.path]))}\n`,
  );
  stream.write(options.dryRun ? `\n${inBytes(bytes)} would go.\n` : `\n${inBytes(bytes)} removed.\n`);
  return 0;
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
