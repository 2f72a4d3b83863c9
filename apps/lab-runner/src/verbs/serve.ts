/** `serve`: runs, their live ladders and the course, for browsers. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { findSystem } from '@tcblab/host/submission';
import { errno, notAble, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { RUNS_FOLDER } from '../run/run-folder.ts';
import { scenarioNames } from '../run/scenario-library.ts';
import { isLoopback, type Role } from '../server/access.ts';
import { LabServer } from '../server/app.ts';
import { courseSite } from '../server/course-site.ts';
import { addPages } from '../server/pages.ts';
import { createProgress } from '../terminal/progress.ts';

export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly name?: readonly string[];
  readonly store?: string;
  readonly tcp?: readonly string[];
  /** false with `--no-token`. */
  readonly token?: boolean;
  /** false with `--no-course`. */
  readonly course?: boolean;
}

const PORT = 7793;

/** @returns 130 when the user ends it, as every server must be ended */
export async function serve(around: Surroundings, options: ServeOptions): Promise<number> {
  const address = options.host ?? '127.0.0.1';
  const port = portOf(options.port);
  if (options.token === false && !isLoopback(address)) {
    throw wrongUse(
      `--host ${address} would show runs and benches to the whole network without a token.`,
      `./tcblab serve --host ${address}`,
    );
  }
  const systems = systemsOf(options.tcp ?? []);
  const store = resolve(options.store ?? RUNS_FOLDER);
  prepareStore(store);

  const progress = createProgress(around.err, ['course', 'server']);
  const step = progress.start('course');
  let course: string | null = null;
  if (options.course === false) step.skip('left out');
  else course = await courseSite(step, around.signal);

  const listening = progress.start('server');
  const anyone: Role | null = options.token === false ? 'viewer' : null;
  const server = new LabServer({
    store,
    scenarios: scenarioNames(),
    systems,
    names: options.name ?? [],
    anyone,
    pages: (app) => addPages(app, course),
  });
  server.store.emptyTrash();
  const bound = await server.listen(address, port).catch((error: unknown) => {
    listening.fail('cannot listen');
    progress.close();
    throw cannotListen(address, port, error);
  });
  listening.ok(`${address}, port ${bound}; runs in ${store}`);
  progress.close();
  invite(around, server, origin(options, address, bound), anyone);
  await ended(around.signal);
  await server.close();
  return 130;
}

function invite({ out }: Surroundings, server: LabServer, at: string, anyone: Role | null): void {
  const { style, stream } = out;
  const { staff, student, viewer } = server.access.tokens;
  const link = (role: string, token: string, may: string): string =>
    `  ${style.bold(role.padEnd(8))} ${style.cyan(`${at}/runs?token=${token}`)}\n           ${may}\n`;
  stream.write(
    `\n${link('staff', staff, 'for you: everything, deleting too')}` +
      link('student', student, 'may start and stop runs') +
      link('viewer', viewer, 'may look, live too') +
      (anyone === null ? '' : `  Without a token, whoever is on this machine is a ${anyone}.\n`) +
      `\nThe links hold until the server ends. Ctrl-C ends it, and the runs that are under way.\n`,
  );
}

function origin({ name }: ServeOptions, address: string, port: number): string {
  const first = name?.[0] ?? (address.includes(':') ? `[${address}]` : address);
  return `http://${/:\d+$/.test(first) ? first : `${first}:${port}`}`;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function portOf(text: string | undefined): number {
  if (text === undefined) return PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) {
    throw wrongUse(`--port ${text} is no port.`, `Give a number from 1 to 65535, or 0 for any that is free.`);
  }
  return port;
}

/** `name=folder`, or a folder, whose name then is its own. */
function systemsOf(given: readonly string[]): Map<string, string> {
  const systems = new Map<string, string>();
  for (const each of given) {
    const at = each.indexOf('=');
    const folder = resolve(at < 0 ? each : each.slice(at + 1));
    const name = at < 0 ? basename(folder) : each.slice(0, at);
    const found = findSystem(folder);
    if (!found.ok) throw wrongUse(`--tcp ${each}: ${found.fault.what}.`, found.fault.next);
    if (!/^\w[\w.-]{0,39}$/.test(name) || ['reference', 'kernel'].includes(name) || systems.has(name)) {
      throw wrongUse(`--tcp ${each}: "${name}" cannot be its name.`, `Give another: --tcp mine=${folder}`);
    }
    systems.set(name, folder);
  }
  return systems;
}

function prepareStore(store: string): void {
  try {
    mkdirSync(store, { recursive: true });
    accessSync(store, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw wrongUse(
      `${store} cannot be written (${errno(error) ?? 'unknown error'}).`,
      'Go to a folder of yours, or name one: ./tcblab serve --store FOLDER',
    );
  }
}

function cannotListen(address: string, port: number, error: unknown): unknown {
  switch (errno(error)) {
    case 'EADDRINUSE':
      return notAble(
        `Port ${port} is taken; perhaps by a tcblab of yours.`,
        './tcblab serve --port 0',
        error,
      );
    case 'EACCES':
      return notAble(`Port ${port} is not for ordinary users.`, './tcblab serve', error);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return wrongUse(
        `This machine has no address ${address}.`,
        'ip -brief address shows those that it has.',
      );
    default:
      return error;
  }
}
