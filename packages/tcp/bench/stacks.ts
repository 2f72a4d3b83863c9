// Two of our hosts joined in memory, beside the kernel's loopback. Alone: node --conditions=source bench/stacks.ts
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Rates are for one second of processor time, so that what else the machine does changes them less. */
export interface StacksFigures {
  /** Ethernet to Ethernet, MSS 1460, checksums made and verified; of the application's octets. */
  readonly gigabits: number;
  /** Frames of that transfer, both ways. */
  readonly framesPerSecond: number;
  /** The kernel's TCP at both ends of a veth pair, offloads off, by the clock: it has all processors. 0 = could not be run. */
  readonly kernelGigabits: number;
  /** OPEN, accept, CLOSE at both ends. */
  readonly connectionsPerSecond: number;
  /** connect, accept and close in C over the kernel's loopback. */
  readonly kernelConnectionsPerSecond: number;
  /** Of 200,000 ends of open connections that say nothing; octets each. */
  readonly octetsPerConnection: number;
}

/** Of each measurement, in turn. The best counts: other work can only slow it. */
const RUNS = 3;

/** @throws Error when there is no C compiler */
export async function benchmarkStacks(): Promise<StacksFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-stacks-'));
  try {
    const churn = join(folder, 'churn');
    compile(join(import.meta.dirname, 'churn.c'), churn);
    const best = {
      gigabits: 0,
      kernelGigabits: 0,
      framesPerSecond: 0,
      connectionsPerSecond: 0,
      kernelConnectionsPerSecond: 0,
    };
    for (let run = 0; run < RUNS; run++) {
      const figures = {
        ...(await ours('bulk')),
        ...(await ours('connections')),
        kernelGigabits: await kernelOverVeth(),
        kernelConnectionsPerSecond: Number((await printed(churn, ['20000'])).trim()),
      };
      for (const name of Object.keys(best) as (keyof typeof best)[]) {
        best[name] = Math.max(best[name], figures[name] ?? 0);
      }
    }
    const { octetsPerConnection } = await ours('idle');
    return { ...best, octetsPerConnection: octetsPerConnection ?? Infinity };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function ours(what: string): Promise<Partial<StacksFigures>> {
  const program = join(import.meta.dirname, 'stack-run.ts');
  return JSON.parse(await printed(process.execPath, ['--expose-gc', '--conditions=source', program, what]));
}

/** A program of the host's, since it needs namespaces; where there are none, there is nothing to compare with. */
async function kernelOverVeth(): Promise<number> {
  const program = join(import.meta.dirname, '..', '..', 'host', 'bench', 'kernel-bulk.ts');
  try {
    return Number(await printed(process.execPath, ['--conditions=source', program]));
  } catch {
    return 0;
  }
}

async function printed(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 120_000 });
  return stdout;
}

function compile(source: string, program: string): void {
  try {
    execFileSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error('the twin in C could not be compiled: install a C compiler (sudo apt install gcc)', {
      cause,
    });
  }
}

if (import.meta.main) console.log(await benchmarkStacks());
