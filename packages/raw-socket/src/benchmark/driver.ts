// The driver against C, on a veth pair in a namespace of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NativeAddonError } from '../native.ts';
import type { Measurement } from './measurements.ts';

export interface DriverBenchmarkOptions {
  /** How long frames come in at line rate. Default 10 s. */
  readonly receiveSeconds?: number;
  /** Told of each measurement as it is made. */
  readonly onMeasurement?: (measurement: Measurement) => void;
}

/** The measuring itself broke: says nothing about speed. */
export class BenchmarkError extends Error {
  override readonly name = 'BenchmarkError';
  readonly code = 'benchmark-failed';
}

/**
 * Measure sending, receiving and latency, each against its twin in C within the same minute: on a busy machine the
 * ratios hold where the rates do not. Needs `cc`, `unshare` and `ip`, and the right to make a network namespace.
 *
 * @throws NativeAddonError without a compiler
 * @throws BenchmarkError when the namespace or the measuring program fails; what they said is on stderr
 */
export async function benchmarkDriver(options: DriverBenchmarkOptions = {}): Promise<Measurement[]> {
  const { receiveSeconds = 10, onMeasurement = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-benchmark-'));
  try {
    const twin = join(folder, 'twin');
    compileTwin(twin);
    const measurements: Measurement[] = [];
    for await (const measurement of measureInNamespace(twin, receiveSeconds)) {
      measurements.push(measurement);
      onMeasurement(measurement);
    }
    return measurements;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compileTwin(binary: string): void {
  const compiler = process.env.CC ?? 'cc';
  const source = fileURLToPath(new URL('../../bench/twin.c', import.meta.url));
  const { status, stderr, error } = spawnSync(compiler, ['-O2', source, '-o', binary], { encoding: 'utf8' });
  if (status === 0) return;
  throw new NativeAddonError(
    `the benchmark's C twin cannot be compiled by ${compiler}: ${error?.message ?? stderr.trim()}. ` +
      'Remedy: sudo apt install gcc libc6-dev',
  );
}

async function* measureInNamespace(twin: string, receiveSeconds: number): AsyncGenerator<Measurement> {
  // The same file extension as ours: source or build.
  const program = fileURLToPath(import.meta.url).replace(/driver(\.[jt]s)$/, 'measurements$1');
  const script =
    'ip link add va type veth peer name vb && for one in va vb; do ip link set dev $one addrgenmode none up; done && exec "$@"';
  const child = spawn(
    'unshare',
    [
      process.getuid?.() === 0 ? '-n' : '-Urn',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      program,
      twin,
    ].concat(String(receiveSeconds)),
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    },
  );
  const failure = new Promise<string | null>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (status) => resolve(status === 0 ? null : `it ended with status ${status}`));
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Measurement;
    const reason = await failure;
    if (reason !== null) {
      throw new BenchmarkError(
        `the driver cannot be measured in a network namespace: ${reason}; see ./tcblab doctor`,
      );
    }
  } finally {
    child.kill('SIGKILL');
  }
}
