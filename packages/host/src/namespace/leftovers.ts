/**
 * Programs of ours that outlived the runner that started them.
 *
 * There should be none: each is killed by the kernel when its runner dies. They are looked for all the same, by the mark
 * that each carries in its environment: the runner's process id and start time, which together are never used twice.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'TCBLAB_RUNNER';
const KILL_LIMIT_MS = 2000;

export interface Leftover {
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
  /** The runner that started it and is gone. */
  readonly runner: number;
}

/** An environment for a program that this process starts and that must not outlive it. */
export function markedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, [MARK]: `${process.pid}.${startTime(process.pid)}` };
}

/** Programs whose runner is gone. Of other users' programs only root sees the mark. */
export function describeLeftovers(): Leftover[] {
  const found: Leftover[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = readProc(pid, 'environ').split('\0');
    const mark = environment.find((line) => line.startsWith(`${MARK}=`));
    const [runner, started] = mark?.slice(MARK.length + 1).split('.') ?? [];
    if (runner === undefined || started === undefined || startTime(Number(runner)) === started) continue;
    const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
    found.push({ pid, command, runner: Number(runner) });
  }
  return found;
}

/** End them, and wait until they are gone, two seconds at most.
 *
 * @returns what there was; `remaining` are those that could not be ended
 */
export async function cleanLeftovers(): Promise<{ ended: Leftover[]; remaining: Leftover[] }> {
  const before = describeLeftovers();
  for (const { pid } of before) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone meanwhile, or not ours to end: what remains is read again below.
    }
  }
  const limit = Date.now() + KILL_LIMIT_MS;
  let remaining = describeLeftovers();
  while (remaining.length > 0 && Date.now() < limit) {
    await sleep(10);
    remaining = describeLeftovers();
  }
  return { ended: before.filter(({ pid }) => !remaining.some((left) => left.pid === pid)), remaining };
}

/** Field 22 of /proc/PID/stat; '' for no such process. The name in field 2 may hold spaces and brackets. */
function startTime(pid: number): string {
  const stat = readProc(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
