// What reading and writing a frame costs beside a twin in C. Alone: node --conditions=source bench/codec.ts [--json]
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One operation on one size of frame: Ethernet, IPv4 and TCP without options, checksums verified or filled in. */
export interface CodecFigure {
  /** Such as `parse, 1460 octets`. */
  readonly name: string;
  /** Nanoseconds for one segment: each run's median, of the runs the best, since other work can only add to it. */
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  /** The ratio that must not be exceeded. */
  readonly bar: number;
  readonly pass: boolean;
}

const BAR = 2.4;
const PAYLOADS = [0, 536, 1460];
const OPERATIONS = ['parse', 'build'];
/** Of each program, in turn, so that what else the machine does falls on both. */
const RUNS = 5;

/**
 * Measure every operation and size, each run in a process of its own: the engine then sees one use of the codec, as in a
 * running stack.
 *
 * @throws Error when there is no C compiler
 */
export async function benchmarkCodec(): Promise<CodecFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-codec-'));
  try {
    const twin = join(folder, 'codec');
    compile(join(import.meta.dirname, 'codec.c'), twin);
    const figures: CodecFigure[] = [];
    for (const operation of OPERATIONS) {
      for (const payload of PAYLOADS) figures.push(await compare(twin, operation, payload));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(twin: string, operation: string, payload: number): Promise<CodecFigure> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const program = join(import.meta.dirname, 'codec-run.ts');
  for (let run = 0; run < RUNS; run += 1) {
    theirs.push(await nanoseconds(twin, [operation, `${payload}`]));
    ours.push(await nanoseconds(process.execPath, ['--conditions=source', program, operation, `${payload}`]));
  }
  const ratio = Math.min(...ours) / Math.min(...theirs);
  return {
    name: `${operation}, ${payload} octets`,
    ours: Math.min(...ours),
    theirs: Math.min(...theirs),
    ratio,
    bar: BAR,
    pass: ratio <= BAR,
  };
}

async function nanoseconds(program: string, args: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 30_000 });
  return Number(stdout);
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

if (import.meta.main) {
  const figures = await benchmarkCodec();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(figures, null, 2));
  } else {
    for (const { name, ours, theirs, ratio, bar } of figures) {
      const times = `${ours.toFixed(1)} ns, C ${theirs.toFixed(1)} ns`;
      console.log(`${name.padEnd(20)} ${ratio.toFixed(2)}× (bar ${bar}×)  ${times}`);
    }
  }
}
