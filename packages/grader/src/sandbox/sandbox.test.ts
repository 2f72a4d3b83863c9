/** Programs that misbehave, each in every tier that can be had here. */
import {
  chmodSync,
  constants,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Prisoner, type Ending } from './prisoner.ts';
import { availableTiers, type ProcessTier } from './tier.ts';

const { test } = needs('linux', 'bwrap');
const available = availableTiers();
const walls = available.filter((tier) => tier.startsWith('bwrap'));

let folder = '';
let node = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcblab-sandbox-'));
  // In a container the judged code is another user, who may not come to where this clone lies.
  chmodSync(folder, 0o755);
  node = join(folder, 'node');
  copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly ending: Ending;
  readonly out: string;
  readonly err: string;
}

/** Run a line of JavaScript as judged code. */
async function run(tier: ProcessTier, code: string, limits: Partial<Limits> = {}): Promise<Outcome> {
  writeFileSync(join(folder, 'judged.mjs'), code);
  const prisoner = new Prisoner({
    tier,
    command: [node, '--stack-size=900', join(folder, 'judged.mjs')],
    readable: [folder],
    cwd: folder,
    limits: { ...DEFAULT_LIMITS, wall: 20, ...limits },
  });
  let out = '';
  prisoner.stdout.on('data', (bytes) => (out += bytes));
  const ending = await prisoner.ended;
  return { ending, out, err: prisoner.stderr };
}

test('the strongest tier is first, and a child can always be had', () => {
  expect(available.at(-1)).toBe('child');
  expect(walls).toContain('bwrap+rlimit');
});

describe.each(available)('%s', (tier) => {
  test('speaks through its pipes and tells how it exits', async () => {
    expect(await run(tier, 'console.log(process.argv.length); process.exitCode = 7')).toEqual({
      ending: { cause: 'exit', code: 7 },
      out: '2\n',
      err: '',
    });
  });
  test('an exception is told by its stack trace', async () => {
    const { ending, err } = await run(tier, 'throw new TypeError("mine")');
    expect(ending).toEqual({ cause: 'exit', code: 1 });
    expect(err).toContain('TypeError: mine');
  });
  test('an endless loop is stopped', async () => {
    const { ending } = await run(tier, 'for (;;) {}', { cpu: 1 });
    expect(ending).toEqual({ cause: 'limit', limit: 'cpu' });
  });
  test('one that sleeps is stopped', async () => {
    const { ending } = await run(tier, 'setTimeout(() => {}, 1e6)', { wall: 1 });
    expect(ending).toEqual({ cause: 'limit', limit: 'wall' });
  });
  test('memory outside of the heap counts too', async () => {
    const code = 'const all = []; setInterval(() => all.push(Buffer.alloc(1 << 24, 1)), 10)';
    const { ending } = await run(tier, code, { memory: 256 << 20 });
    expect(ending).toEqual({ cause: 'limit', limit: 'memory' });
  });
  test('a crowd of processes is stopped, and none of it lives on', async () => {
    const mark = `tcblab-crowd-${process.pid}-${available.indexOf(tier)}`;
    const code = `import { spawn } from 'node:child_process';
      setInterval(() => spawn('/usr/bin/sleep', ['3600'], { argv0: '${mark}', stdio: 'ignore' }).on('error', () => process.exit(3)), 1);`;
    const { ending } = await run(tier, code, { processes: 48, wall: 10 });
    expect(ending).not.toEqual({ cause: 'limit', limit: 'wall' });
    expect(ending).not.toEqual({ cause: 'exit', code: 0 });
    expect(running(mark)).toEqual([]);
  });
  test('a flood on standard error is cut and ends it', async () => {
    const { ending, err } = await run(tier, 'for (;;) process.stderr.write("x".repeat(65536))', {
      stderr: 1000,
    });
    expect(ending).toEqual({ cause: 'limit', limit: 'stderr' });
    expect(err).toBe('x'.repeat(1000));
  });
  test('sees an environment of four words', async () => {
    const { out } = await run(tier, `console.log(Object.keys(process.env).sort().join(' '));`);
    expect(out).toBe('HOME LANG PATH PWD\n');
  });
  test('is given no descriptor but its three pipes', async () => {
    const prisoner = new Prisoner({
      tier,
      command: ['/bin/ls', '/proc/self/fd'],
      readable: [],
      cwd: '/',
      limits: DEFAULT_LIMITS,
    });
    let out = '';
    prisoner.stdout.on('data', (bytes) => (out += bytes));
    await prisoner.ended;
    // The fourth is the folder that ls reads.
    expect(out).toBe('0\n1\n2\n3\n');
  });
  test('kill ends it with all that it started', async () => {
    const mark = `tcblab-left-${process.pid}-${available.indexOf(tier)}`;
    writeFileSync(
      join(folder, 'judged.mjs'),
      `import { spawn } from 'node:child_process';
      spawn('/usr/bin/sleep', ['3600'], { argv0: '${mark}', stdio: 'ignore' });
      console.log('ready');`,
    );
    const prisoner = new Prisoner({
      tier,
      command: [node, join(folder, 'judged.mjs')],
      readable: [folder],
      cwd: folder,
      limits: DEFAULT_LIMITS,
    });
    await new Promise((resolve) => prisoner.stdout.once('data', resolve));
    prisoner.kill();
    expect(await prisoner.ended).toEqual({ cause: 'killed' });
    expect(running(mark)).toEqual([]);
  });
});

describe.each(walls)('%s', (tier) => {
  const tries = async (code: string): Promise<string> => {
    const { out } = await run(
      tier,
      `import fs from 'node:fs'; import net from 'node:net'; import { execFileSync, spawn } from 'node:child_process';
      const say = (error) => console.log(error?.code ?? 'done');
      try { ${code} } catch (error) { say(error); }`,
    );
    return out.trim();
  };
  test.for([
    ['the list of users', `fs.readFileSync('/etc/passwd'); say()`, 'ENOENT'],
    ['our home', `fs.readdirSync('${process.cwd()}'); say()`, 'ENOENT'],
    ['its own source', `fs.writeFileSync(process.argv[1], ''); say()`, 'EROFS'],
    ['a file beside it', `fs.writeFileSync('${'FOLDER'}/results.json', ''); say()`, 'EROFS'],
    ['our memory', `fs.readFileSync('/proc/${process.pid}/environ'); say()`, 'ENOENT'],
    ['our process', `process.kill(${process.pid}, 9); say()`, 'ESRCH'],
    ['the network', `net.connect(80, '192.0.2.1').on('error', say)`, 'ENETUNREACH'],
  ] as const)('cannot reach %s', async ([, code, expected]) => {
    expect(await tries(code.replace('FOLDER', folder))).toBe(expected);
  });
  test('its /tmp is empty, small, and gone afterwards', async () => {
    const code = `console.log(fs.readdirSync('/tmp').filter((name) => !'${'FOLDER'}'.includes(name)).length);
      fs.writeFileSync('/tmp/left', Buffer.alloc(1 << 25)); say()`;
    expect(await tries(code.replace('FOLDER', folder))).toMatch(/^0\n(EFBIG|ENOSPC)$/);
    expect(await tries(`fs.readFileSync('/tmp/left'); say()`)).toBe('ENOENT');
  });
  test('a process that left its group and its parent dies with it', async () => {
    const mark = `tcblab-daemon-${process.pid}-${walls.indexOf(tier)}`;
    await tries(
      `spawn('/usr/bin/setsid', ['-f', '/usr/bin/sleep', '3600'], { detached: true, stdio: 'ignore', argv0: '${mark}' }).unref();`,
    );
    expect(running('sleep 3600').concat(running(mark))).toEqual([]);
  });
  test('walls that cannot be built are the platform’s fault', async () => {
    const prisoner = new Prisoner({
      tier,
      command: ['/usr/bin/true'],
      readable: ['/no/such/place'],
      cwd: '/',
      limits: DEFAULT_LIMITS,
    });
    expect(await prisoner.ended).toMatchObject({
      cause: 'not-started',
      reason: expect.stringContaining('/no/such/place'),
    });
  });
});

/** Processes whose command line begins with `mark`. */
function running(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').startsWith(mark);
      } catch {
        return false;
      }
    });
}
