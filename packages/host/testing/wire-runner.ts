/** A small runner for tests: holds a wire with a program at each end until its stdin closes, and tells of it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createWire } from '../src/namespace/wire.ts';

const command =
  process.argv[2] === 'with-grandchild' ? 'sleep 1000 & echo $!; wait' : 'echo; exec sleep 1000';
const wire = await createWire();
const programs = wire.hosts.map(({ namespace }) => {
  return namespace.spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
});
const lines = await Promise.all(programs.map(firstLine));
const namespaces = wire.hosts.map(({ namespace }) => readlinkSync(`/proc/self/fd/${namespace.netFd}`));
const { as, userFd } = wire.hosts[0].namespace.owner;
if (as === 'user') namespaces.push(readlinkSync(`/proc/self/fd/${userFd}`));
console.log(
  JSON.stringify({
    as,
    programs: programs.map((program) => program.pid),
    grandchildren: lines.map(Number).filter((pid) => pid > 0),
    namespaces,
  }),
);
process.stdin.resume();
await once(process.stdin, 'end');
process.exit(0);

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  return stdout === null ? '' : String(await once(stdout, 'data'));
}
