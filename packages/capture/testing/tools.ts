// Other people's readers, asked about files of ours.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `program` with `file` standing for the word FILE among its arguments. */
export function ask(file: Uint8Array, program: string, ...args: readonly string[]): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-capture-'));
  try {
    const path = join(folder, 'file.pcapng');
    writeFileSync(path, file);
    const words = args.map((word) => (word === 'FILE' ? path : word));
    const { status, stdout, stderr } = spawnSync(program, words, {
      encoding: 'utf8',
      timeout: 30_000,
      maxBuffer: 1 << 26,
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    });
    return { status, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One row per packet, one string per field, from tshark with every checksum verified. */
export function fields(file: Uint8Array, ...names: readonly string[]): string[][] {
  const verify = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE'].flatMap((option) => ['-o', option]);
  // Left to guess, tshark takes some octets for a protocol and finds fault with them.
  const args = [
    '-n',
    '-r',
    'FILE',
    '-d',
    'tcp.port==1-65535,data',
    ...verify,
    '-T',
    'fields',
    '-E',
    'separator=|',
    '-E',
    'aggregator=;',
  ];
  const answer = ask(file, 'tshark', ...args, ...names.flatMap((name) => ['-e', name]));
  if (answer.status !== 0) throw new Error(`tshark: ${answer.stderr}`);
  return answer.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('|'));
}
