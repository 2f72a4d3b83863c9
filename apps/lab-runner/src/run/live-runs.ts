/**
 * Runs that are alive on this machine. Each one listens on a Unix socket in a folder of the user's own below the system's
 * folder for temporary files; whoever connects is told, once and as JSON, of the sockets of its hosts.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { HostSockets } from '@tcblab/host';

/** What tells a run from another. */
export interface RunTitle {
  readonly scenario: string;
  readonly seed: number;
  /** Of the runner. */
  readonly pid: number;
}

export interface LiveRun extends RunTitle {
  readonly hosts: readonly HostSockets[];
}

/** A run that does not say in time what it has is about to end, or stuck. */
const ANSWER_MS = 3000;

/**
 * Let `./tcblab ss` find this run until it is withdrawn. Where no socket can be made, nobody finds it: a run is not worse
 * for that.
 *
 * @param ask each host for its sockets
 * @returns what withdraws it
 */
export function announceRun(
  title: Omit<RunTitle, 'pid'>,
  ask: () => Promise<readonly HostSockets[]>,
): () => void {
  const folder = folderOfRuns();
  if (folder === null) return () => {};
  const path = join(folder, `${process.pid}-${randomBytes(3).toString('hex')}.sock`);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const answer = (hosts: readonly HostSockets[]) => {
      const run: LiveRun = { ...title, pid: process.pid, hosts };
      socket.end(JSON.stringify(run));
    };
    // Hosts that are not ready, or gone, have no sockets.
    ask().then(answer, () => answer([]));
  });
  server.on('error', () => {});
  server.listen(path);
  // The run decides how long the process lives.
  server.unref();
  return () => void server.close();
}

/** Every run that answers, oldest first. What a killed run left behind is removed. */
export async function findRuns(): Promise<LiveRun[]> {
  const folder = folderOfRuns();
  if (folder === null) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  const runs = await Promise.all(names.map((name) => ask(join(folder, name))));
  return runs.filter((run) => run !== null).toSorted((a, b) => a.pid - b.pid);
}

async function ask(path: string): Promise<LiveRun | null> {
  const socket = createConnection(path);
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('late')));
  try {
    return JSON.parse(await text(socket)) as LiveRun;
  } catch (error) {
    // Nobody is behind it any more.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(path, { force: true });
    return null;
  }
}

/** @returns null where the folder cannot be made, or is not ours alone: a stranger may have put it there */
function folderOfRuns(): string | null {
  const uid = process.getuid?.();
  const folder = join(tmpdir(), `tcblab-${uid ?? 'user'}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    const ours = facts.isDirectory() && (uid === undefined || facts.uid === uid);
    return ours && (facts.mode & 0o077) === 0 ? folder : null;
  } catch {
    return null;
  }
}
