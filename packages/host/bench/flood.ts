/**
 * A flood of SYNs from made-up addresses, and curl in the middle of it: `node --conditions=source flood.ts [--frames N]
 * [--rate N] [--json]`. Our host serves a page; the flood and curl's kernel are at the other end of a veth pair.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { SYN_COOKIES } from '@tcblab/tcp';
import { createWire } from '../src/namespace/index.ts';
import type { HostTask } from '../testing/host.ts';
import type { FloodTask } from './syn-flood.ts';

export interface FloodFigures {
  readonly cookies: boolean;
  readonly frames: number;
  readonly perSecond: number;
  /** What curl ended with: 0 = it has the page, 28 = it gave up after `--connect-timeout 5`. */
  readonly curl: number;
  readonly page: string;
  /** Octets of live memory when the queue had filled, and when all frames had come. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  /** Connections in SYN-RECEIVED then. */
  readonly halfOpen: number;
  readonly refused: number;
  readonly cookiesSent: number;
}

const PORT = 80;
const PAGE = 1000;

/**
 * Flood a listener of ours, and fetch its page meanwhile.
 *
 * @throws MachineError where this machine refuses namespaces
 */
export async function flood(cookies: boolean, frames: number, perSecond: number): Promise<FloodFigures> {
  const wire = await createWire({ ends: [{}, { addresses: ['10.77.0.2/24'] }] });
  const children: ChildProcess[] = [];
  const start = (index: 0 | 1, command: string, args: readonly string[]) => {
    const child = wire.hosts[index].namespace.spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };
  const node = (index: 0 | 1, script: string, task: HostTask | FloodTask) => {
    const path = join(import.meta.dirname, script);
    return start(index, process.execPath, ['--conditions=source', '--expose-gc', path, JSON.stringify(task)]);
  };
  try {
    const settings = { synCookies: cookies ? SYN_COOKIES.whenFull : SYN_COOKIES.off };
    const host = node(0, '../testing/host.ts', { does: 'http-server', port: PORT, octets: PAGE, settings });
    const told = lines(host);
    await told.next();
    const look = async () => {
      host.stdin?.write('\n');
      return JSON.parse((await told.next()).value ?? 'null');
    };
    const flooding = node(1, 'syn-flood.ts', { frames, perSecond, port: PORT });
    const sent = lines(flooding);
    await sent.next();
    let before = await look();
    // The queue holds 129; whoever comes later finds it full.
    while (halfOpen(before) < 129) before = await look();
    const curl = start(1, 'curl', [
      '--silent',
      '--connect-timeout',
      '5',
      '--max-time',
      '20',
      'http://10.77.0.1/',
    ]);
    const [page, [code]] = await Promise.all([buffer(output(curl)), once(curl, 'exit')]);
    await sent.next();
    const after = await look();
    return {
      cookies,
      frames,
      perSecond,
      curl: Number(code),
      page: page.length === PAGE ? 'whole' : `${page.length} octets`,
      memoryBefore: before.memory,
      memoryAfter: after.memory,
      halfOpen: halfOpen(after),
      refused: after.counters.synsRefused,
      cookiesSent: after.counters.cookiesSent,
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    wire.close();
  }
}

function halfOpen({ connections }: { connections: readonly { state: string }[] }): number {
  return connections.filter(({ state }) => state === 'SYN-RECEIVED').length;
}

function output({ stdout }: ChildProcess): NonNullable<ChildProcess['stdout']> {
  if (stdout === null) throw new Error('the child has no stdout');
  return stdout;
}

function lines(child: ChildProcess): AsyncIterator<string> {
  return createInterface({ input: output(child) })[Symbol.asyncIterator]();
}

/** For `./tcblab benchmark`: a million SYNs, with cookies and without. */
export async function measureFlood(): Promise<FloodFigures[]> {
  return [await flood(false, 1_000_000, 50_000), await flood(true, 1_000_000, 50_000)];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { frames: { type: 'string' }, rate: { type: 'string' }, json: { type: 'boolean' } },
  });
  const frames = Number(values.frames ?? 1_000_000);
  const rate = Number(values.rate ?? 50_000);
  const figures = [await flood(false, frames, rate), await flood(true, frames, rate)];
  if (values.json === true) console.log(JSON.stringify(figures));
  else console.table(figures);
}
