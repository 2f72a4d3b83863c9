/** `store`: the runs that are kept, and which of them may go. */
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { RUNS_FOLDER } from '../run/run-folder.ts';
import { RunStore, type StoredRun } from '../store/run-store.ts';
import { inBytes } from '../terminal/bytes.ts';
import { table } from '../terminal/table.ts';

export interface StoreOptions {
  readonly store?: string;
  readonly json?: boolean;
}

export interface PruneOptions extends StoreOptions {
  readonly keep?: string;
  readonly olderThan?: string;
  readonly dryRun?: boolean;
}

export async function listStore({ out }: Surroundings, options: StoreOptions): Promise<number> {
  const store = new RunStore(options.store ?? RUNS_FOLDER);
  const runs = await Promise.all(
    store
      .list()
      .map(async (run) => ({ ...run, verdict: (await store.read(run.id))?.result.verdict ?? null })),
  );
  if (options.json === true) out.stream.write(`${JSON.stringify(runs, null, 2)}\n`);
  else if (runs.length === 0) out.stream.write(`No runs in ${store.folder}.\n`);
  else {
    const rows = runs.map(({ id, verdict, octets }) => [id, verdict ?? 'damaged', inBytes(octets)]);
    out.stream.write(`${table(rows)}\n`);
  }
  return 0;
}

export function pruneStore({ out }: Surroundings, options: PruneOptions): number {
  const { keep, olderThan, dryRun = false } = options;
  if (keep === undefined && olderThan === undefined) {
    throw wrongUse('prune needs to know what may go.', './tcblab store prune --keep 50');
  }
  const store = new RunStore(options.store ?? RUNS_FOLDER);
  const policy = {
    keep: keep === undefined ? Infinity : wholeNumber(keep),
    before: olderThan === undefined ? 0 : Date.now() - milliseconds(olderThan),
  };
  const outdated = store.outdated(policy);
  if (!dryRun) {
    store.emptyTrash();
    for (const { id } of outdated) store.remove(id);
  }
  report(out, outdated, dryRun);
  return 0;
}

function report({ stream }: Surroundings['out'], runs: readonly StoredRun[], dryRun: boolean): void {
  for (const { id, octets } of runs) stream.write(`${id}  ${inBytes(octets)}\n`);
  const bytes = inBytes(runs.reduce((sum, { octets }) => sum + octets, 0));
  stream.write(`${runs.length} runs, ${bytes}${dryRun ? ' would go' : ' removed'}.\n`);
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrongUse(`--keep ${text} is no number of runs.`, './tcblab store prune --keep 50');
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function milliseconds(text: string): number {
  const match = /^(\d{1,6})([hdw])$/.exec(text);
  if (match !== null) return Number(match[1]) * UNITS[match[2]];
  throw wrongUse(`--older-than ${text} is no age.`, 'Write 12h, 30d or 8w.');
}
