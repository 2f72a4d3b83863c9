// Two network namespaces joined by a veth pair, with a probe in each: the smallest real wire.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { commands } from './probe.ts';

type Commands = typeof commands;

/** A probe's commands, called from outside. */
export type Host = {
  readonly [Name in keyof Commands]: (
    ...args: Parameters<Commands[Name]>
  ) => Promise<Awaited<ReturnType<Commands[Name]>>>;
};

export interface TwoHosts {
  /** Has the interface `va`. */
  readonly a: Host;
  /** Has the interface `vb`. */
  readonly b: Host;
  readonly close: () => Promise<void>;
}

/** @param become a program and its arguments to start everything through, to be someone else; none for ourselves */
export async function twoHosts(become: readonly string[]): Promise<TwoHosts> {
  const root = process.getuid?.() === 0 && become.length === 0;
  const probe = [process.execPath, fileURLToPath(new URL('./probe.ts', import.meta.url))];
  // The second host's commands come through descriptor 3.
  const script = 'unshare -n "$@" <&3 >&3 & exec "$@" 3<&-';
  const command = [...become, 'unshare', ...(root ? ['-n'] : ['-Urn']), 'sh', '-c', script, 'sh', ...probe];
  const child = spawn(command[0], command.slice(1), {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    // A plain user's PATH may lack the folder of `ip`.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [toA, fromA, , pipeB] = child.stdio as unknown as [Writable, Readable, null, Duplex];
  const a = hostBehind(toA, fromA);
  const b = hostBehind(pipeB, pipeB);
  const [, pid] = await Promise.all([a.hello(), b.hello()]);
  await a.run('ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb', 'netns', String(pid));
  for (const [host, name] of [
    [a, 'va'],
    [b, 'vb'],
  ] as const) {
    // No address, so that the kernel has nothing to say of its own.
    await host.run('ip', 'link', 'set', 'dev', name, 'addrgenmode', 'none', 'up');
  }
  const close = async () => {
    toA.end();
    pipeB.end();
    await gone;
  };
  return { a, b, close };
}

function hostBehind(requests: Writable, answers: Readable): Host {
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const lines = createInterface({ input: answers });
  lines.on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(Object.assign(new Error(error.message), error));
    waiting.delete(id);
  });
  lines.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the host has ended'));
  });
  let next = 0;
  const ask = (command: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject });
      requests.write(`${JSON.stringify([next++, command, ...args])}\n`);
    });
  return new Proxy({} as Host, {
    // Not a promise, though it has every method that one could ask for.
    get: (_, command) =>
      command === 'then' ? undefined : (...args: unknown[]) => ask(String(command), args),
  });
}
