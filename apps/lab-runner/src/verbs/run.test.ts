import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle, readCapture, readTrace } from '@tcblab/capture';
import type { Bundle } from '@tcblab/capture';
import { describeLeftovers } from '@tcblab/host/namespace';
import { readResult } from '@tcblab/drill/verdict';
import { asNobody, has, needs } from '@tcblab/test-needs';
import { expect, test, vi } from 'vitest';
import { COMMAND, startTcblab, tcblab, temporaryFolder } from '../command.fixture.ts';
import { REPOSITORY } from '../repository.ts';

const onWire = needs('netns');
const withTshark = needs('netns', 'tshark', 'capinfos');
const onlyAsRoot = needs('netns-as-nobody', 'setpriv');

/** Files of a bundle, each held against its digest, and captures against what Wireshark's tools say of them. */
function bundleAt(folder: string) {
  const bundle = readBundle(readFileSync(join(folder, 'bundle.json'), 'utf8'));
  if ('reason' in bundle) throw new Error(bundle.detail);
  for (const { name, size, sha256 } of bundle.files) {
    const bytes = readFileSync(join(folder, name));
    expect({ name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual({
      name,
      size,
      sha256,
    });
  }
  expect(readdirSync(folder).toSorted()).toEqual(
    [...bundle.files.map(({ name }) => name), 'bundle.json'].toSorted(),
  );
  if (has('tshark') && has('capinfos')) expectReadsClean(folder, bundle);
  return bundle;
}

/** No malformed frame and no wrong checksum, but in frames that the wire damaged on purpose. */
function expectReadsClean(folder: string, { hosts, sightings }: Bundle): void {
  const altered = sightings.filter(({ fate }) => fate === 'altered');
  for (const { number } of hosts) {
    const capture = captureOf(number);
    const damaged = altered.filter(({ from }) => from !== number).map(({ received }) => received);
    const foul = foulFrames(join(folder, capture)).filter((frame) => !damaged.includes(frame));
    expect(foul, `${capture}: frames that tshark finds fault with`).toEqual([]);
  }
  expect(foulFrames(join(folder, 'merged.pcapng')).length).toBeLessThanOrEqual(altered.length);
  for (const name of [...hosts.map(({ number }) => captureOf(number)), 'merged.pcapng']) {
    const { status, stderr } = spawnSync('capinfos', [join(folder, name)], { encoding: 'utf8' });
    expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
  }
}

function captureOf(host: number): string {
  return `host-${'ab'[host - 1]}.pcapng`;
}

/** Left to guess, tshark takes some octets for a protocol and finds fault with them. */
const UNGUESSED = ['-d', 'tcp.port==1-65535,data'];

/** Numbers of the frames that tshark calls malformed, or whose checksums it does not find right. */
function foulFrames(capture: string): number[] {
  const layers = ['tcp', 'ip', 'icmp'];
  const checked = ['tcp', 'ip'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
  // Linux writes a TCP checksum of 0 as 0xffff, which sums up as well; tshark wants 0. RFC 1624 §3.
  const wrong = layers.map(
    (layer) => `(${layer} and not ${layer}.checksum.status == 1 and not tcp.checksum == 0xffff)`,
  );
  const foul = ['_ws.malformed', ...wrong].join(' or ');
  const { status, stdout } = spawnSync(
    'tshark',
    ['-r', capture, ...checked, ...UNGUESSED, '-Y', foul, '-T', 'fields', '-e', 'frame.number'],
    { encoding: 'utf8' },
  );
  expect({ capture, status }).toEqual({ capture, status: 0 });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Segments of one host's capture as tshark sees them: `frame FLAGS seq ack length`, faulty ones shouted. */
function asTsharkSays(capture: string): string[] {
  const fields = [
    'frame.number',
    'tcp.flags',
    'tcp.seq',
    'tcp.ack',
    'tcp.len',
    'tcp.checksum.status',
    '_ws.malformed',
  ];
  const checks = ['tcp.check_checksum', 'ip.check_checksum', 'tcp.relative_sequence_numbers'];
  const out = execFileSync(
    'tshark',
    [
      '-r',
      capture,
      ...UNGUESSED,
      '-Y',
      'tcp',
      '-T',
      'fields',
      ...fields.flatMap((field) => ['-e', field]),
    ].concat(checks.flatMap((check) => ['-o', `${check}:TRUE`])),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [frame, flags, seq, ack, length, checksum, malformed] = line.split('\t');
      const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'].filter((_, bit) => (Number(flags) >> bit) & 1);
      const sound = checksum === '1' && (malformed ?? '') === '';
      return `${frame} ${names.toSorted().join(',')} ${seq} ${names.includes('ACK') ? ack : 0} ${length}${sound ? '' : ' FAULTY'}`;
    });
}

/** The same from the ladder that people read, left host. */
function asLadderSays(ladder: string): string[] {
  return ladder.split('\n').flatMap((line) => {
    const match =
      /^ *[\d.]+ +(\d+) .*?((?:SYN|ACK|FIN|PSH|RST|URG)[A-Z,]*)  seq (\d+)(?:  ack (\d+))?(?:  len (\d+))?/.exec(
        line,
      );
    if (match === null) return [];
    const [, frame, flags, seq, ack = '0', length = '0'] = match;
    return [`${frame} ${flags.split(',').toSorted().join(',')} ${seq} ${ack} ${length}`];
  });
}

const pairings = ['reference', 'kernel'].flatMap((a) => ['reference', 'kernel'].map((b) => [a, b] as const));

const overIpv6 = pairings.map(([a, b]) => [a, b, '--ipv6'] as const);

onWire.test.for([...pairings, ...overIpv6])(
  '%s and %s shake hands between two namespaces %s',
  ([a, b, ...more]) => {
    const out = join(temporaryFolder(), 'run');
    const ended = tcblab(['run', 'handshake', '--a', a, '--b', b, ...more, '--seed', '7', '--out', out]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toContain('PASS  handshake');
    expect(ended.stdout).toContain('seed 7');
    expect(ended.stdout).toMatch(/wire: 1[0-9] frames, 0 lost\n/);
    expect(ended.stdout).not.toContain('warning:');

    const bundle = bundleAt(out);
    expect(bundle.hosts.map(({ implementation }) => implementation)).toEqual([a, b]);
    const result = readResult(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')));
    expect(result).toMatchObject({
      ok: true,
      value: { verdict: 'pass', seed: 7, bench: 'netns', pairing: { a, b } },
    });
    expect(readTrace(readFileSync(join(out, 'trace.sqlog'), 'utf8'))).toMatchObject({ faults: [] });
    for (const name of ['host-a.pcapng', 'host-b.pcapng', 'merged.pcapng']) {
      expect(readCapture(readFileSync(join(out, name))).fault, name).toBeNull();
    }
    if (!has('tshark')) return;
    const seen = asTsharkSays(join(out, 'host-a.pcapng'));
    expect(asLadderSays(readFileSync(join(out, 'ladder.txt'), 'utf8'))).toEqual(seen);
    expect(seen.length).toBeGreaterThanOrEqual(8);
  },
);

withTshark.test(
  'on a bad wire the ladder says what tshark says, and lost segments are in one capture only',
  () => {
    const out = join(temporaryFolder(), 'run');
    const words = ['run', 'handshake', '--b', 'kernel', '--loss', '20%', '--seed', '3', '--out', out];
    const ended = tcblab(words);
    expect(ended.code, ended.stdout).toBe(0);
    const seen = asTsharkSays(join(out, 'host-a.pcapng'));
    expect(asLadderSays(readFileSync(join(out, 'ladder.txt'), 'utf8'))).toEqual(seen);
    expect(bundleAt(out).sightings.map(({ fate }) => fate)).toContain('lost');
  },
);

onlyAsRoot.test.for(pairings)('an ordinary user runs %s and %s as well, and owns the results', ([a, b]) => {
  const here = temporaryFolder();
  chmodSync(here, 0o777);
  const [program, ...become] = asNobody();
  const words = ['run', 'handshake', '--a', a, '--b', b, '--out', join(here, 'run')];
  const said = execFileSync(program, [...become, ...COMMAND, ...words], {
    encoding: 'utf8',
    cwd: here,
    env: { PATH: process.env['PATH'], HOME: here },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  expect(said).toContain('PASS  handshake');
  bundleAt(join(here, 'run'));
});

test('in memory the same seed gives the same bytes', () => {
  const here = temporaryFolder();
  for (const out of ['one', 'two']) {
    const ended = tcblab(['run', 'handshake', '--bench', 'virtual', '--seed', '7', '--out', out], {
      cwd: here,
    });
    expect(ended.code, ended.stderr).toBe(0);
    bundleAt(join(here, out));
  }
  for (const file of ['host-a.pcapng', 'host-b.pcapng', 'trace.sqlog', 'ladder.txt']) {
    expect(readFileSync(join(here, 'one', file)).equals(readFileSync(join(here, 'two', file))), file).toBe(
      true,
    );
  }
});

needs('tshark', 'capinfos').test(
  'tshark finds fault with the frames that the wire damaged, and no others',
  () => {
    const out = join(temporaryFolder(), 'run');
    const words = ['run', 'transfer', '--bench', 'virtual', '--corrupt', '5%', '--seed', '3', '--out', out];
    const ended = tcblab(words);
    expect(ended.code, ended.stderr).toBe(0);
    bundleAt(out);
    expect(foulFrames(join(out, 'host-b.pcapng')).length).toBeGreaterThan(20);
  },
);

test('a failure names a lab page only where the page is there', () => {
  const here = temporaryFolder();
  for (const [page, told] of [
    ['docs/design.md', true],
    ['labs/99-nowhere', false],
  ] as const) {
    const path = join(here, 'never.yaml');
    writeFileSync(
      path,
      readFileSync(join(REPOSITORY, 'labs', 'scenarios', 'handshake.yaml'), 'utf8')
        .replace(/^page: .*$/m, `page: ${page}`)
        .replace('either: RST', 'client: SYN'),
    );
    const { code, stdout } = tcblab(['run', 'never.yaml', '--bench', 'virtual'], { cwd: here });
    expect({ code, told: stdout.includes(page) }).toEqual({ code: 1, told });
    const result = readFileSync(join(here, 'tcblab-runs', 'latest', 'result.json'), 'utf8');
    expect(result).toContain(page);
  }
});

test('--json prints the result and nothing else', () => {
  const here = temporaryFolder();
  const { code, stdout } = tcblab(['run', 'handshake', '--bench', 'virtual', '--json'], { cwd: here });
  const result = readResult(JSON.parse(stdout));
  expect({ code, ok: result.ok }).toEqual({ code: 0, ok: true });
  const latest = readFileSync(join(here, 'tcblab-runs', 'latest', 'result.json'), 'utf8');
  expect(JSON.parse(latest)).toEqual(JSON.parse(stdout));
});

/** Two programs that say nothing for so long that a test can come between. */
function idleScenario(seconds: number): string {
  const folder = temporaryFolder();
  const path = join(folder, 'idle.yaml');
  writeFileSync(
    path,
    `title: Idle
about: Opens a connection and waits.
page: labs/03-handshake
limit: ${seconds + 2}s
ends:
  client: { host: a, do: [{ open: 7000 }, { wait: ${seconds}s }, { send: hello }, close] }
  server: { host: b, do: [{ listen: 7000 }, accept, { receive: hello }, close] }
expect: [{ client: SYN, rfc: 9293 3.5 }]
`,
  );
  return path;
}

/** A run whose connection is open. */
async function runningOnWire(cwd: string, seconds = 50, ...more: string[]) {
  const child = startTcblab(['run', idleScenario(seconds), '--out', 'run', ...more], { cwd });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exit = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  await vi.waitFor(() => expect(said).toContain('ok   agents'), { timeout: 30_000 });
  // So that there is something to see.
  await vi.waitFor(() => expect(capturesGrow(cwd)).toBe(true), { timeout: 10_000 });
  return { child, exit, said: () => said };
}

/** Processes that carry the mark of a runner, whether or not it lives. */
function agentsOf(runner: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`TCBLAB_RUNNER=${runner}.`);
    } catch {
      return false;
    }
  });
}

onWire.test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s ends with 130, keeps what was seen, and leaves nobody behind',
  async (signal) => {
    const here = temporaryFolder();
    const { child, exit } = await runningOnWire(here);
    expect(agentsOf(child.pid ?? 0).length).toBeGreaterThan(0);
    child.kill(signal);
    expect(await exit).toBe(130);
    expect(agentsOf(child.pid ?? 0)).toEqual([]);
    expect(readdirSync(here)).toEqual(['run']);
    bundleAt(join(here, 'run'));
    expect(readCapture(readFileSync(join(here, 'run', 'host-a.pcapng'))).packets.length).toBeGreaterThan(3);
    expect(JSON.parse(readFileSync(join(here, 'run', 'result.json'), 'utf8'))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'interrupted by you',
    });
  },
);

/** Whether frames have reached the draft's captures. */
function capturesGrow(here: string): boolean {
  const draft = readdirSync(here).find((name) => name.startsWith('.tcblab-draft-'));
  const path = join(here, draft ?? '', 'host-a.pcapng');
  return existsSync(path) && readCapture(readFileSync(path)).packets.length > 3;
}

onWire.test('kill -9 of the runner takes its agents along, and the next run sweeps its draft', async () => {
  const here = temporaryFolder();
  const { child, exit } = await runningOnWire(here);
  child.kill('SIGKILL');
  await exit;
  await vi.waitFor(() => expect(agentsOf(child.pid ?? 0)).toEqual([]), { timeout: 10_000 });
  expect(describeLeftovers().filter(({ runner }) => runner === child.pid)).toEqual([]);
  expect(readdirSync(here).some((name) => name.startsWith('.tcblab-draft-'))).toBe(true);
  tcblab(['run', 'handshake', '--bench', 'virtual', '--out', 'next'], { cwd: here });
  expect(readdirSync(here)).toEqual(['next']);
});

needs('netns', 'root', 'ip').test.for(['reference', 'kernel'])(
  'an interface of a %s that goes down is nobody’s fail: exit 3 and the remedy',
  async (tcp) => {
    const here = temporaryFolder();
    const { child, exit, said } = await runningOnWire(here, 1, '--b', tcp);
    const [, agent = ''] = agentsOf(child.pid ?? 0).toSorted((one, other) => Number(one) - Number(other));
    execFileSync('nsenter', ['-t', agent, '-n', 'ip', 'link', 'set', 'eth0', 'down']);
    expect(await exit).toBe(3);
    expect(said()).toMatch(/warn verdict +inconclusive: .*eth0/);
    const result = JSON.parse(readFileSync(join(here, 'run', 'result.json'), 'utf8'));
    expect(result).toMatchObject({ verdict: 'inconclusive', next: expect.stringContaining('eth0') });
    const faults = result.checks.filter(({ evidence }: { evidence: string }) => evidence === 'platform');
    expect(faults).toMatchObject([{ seen: expect.stringMatching(/^host b lost its link: cannot receive/) }]);
    expect(readCapture(readFileSync(join(here, 'run', 'host-b.pcapng'))).packets.length).toBeGreaterThan(3);
  },
);

onWire.test.for(['host a', 'host b', 'the middlebox'])(
  'kill -9 of %s is nobody’s fail: exit 3, and what was seen is kept',
  async (victim) => {
    const here = temporaryFolder();
    const { child, exit } = await runningOnWire(here, 50, '--b', 'kernel', '--delay', '1ms');
    const agents = agentsOf(child.pid ?? 0).map(Number);
    const index = ['host a', 'host b', 'the middlebox'].indexOf(victim);
    process.kill(agents.toSorted((one, other) => one - other)[index], 'SIGKILL');
    expect(await exit).toBe(3);
    const result = JSON.parse(readFileSync(join(here, 'run', 'result.json'), 'utf8'));
    const faults = result.checks.filter(({ evidence }: { evidence: string }) => evidence === 'platform');
    expect(faults).toHaveLength(1);
    expect(faults[0].seen.toLowerCase()).toContain(`${victim} was lost`);
    for (const name of ['host-a.pcapng', 'host-b.pcapng']) {
      expect(readCapture(readFileSync(join(here, 'run', name))).packets.length, name).toBeGreaterThan(3);
    }
  },
);

onWire.test('where nsenter cannot be started, exit 3 says how to get it, and nothing is left', () => {
  const here = temporaryFolder();
  const ended = tcblab(['run', 'handshake', '--out', 'run'], { cwd: here, env: { PATH: '/nonexistent' } });
  expect(ended.code).toBe(3);
  expect(ended.stderr).toMatch(/cannot start nsenter and setpriv.*\n.*sudo apt-get install util-linux\n$/);
  expect(readdirSync(here)).toEqual([]);
});

test('what nobody caught ends with 3, not with the code of a fail, and leaves no draft', () => {
  const here = temporaryFolder();
  const bomb = `
    import { readdirSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const look = () => readdirSync('.').forEach((name) => { if (name.startsWith('.tcblab-draft-')) throw new Error('boo'); });
    if (isMainThread) setInterval(look, 1).unref();`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bomb)}` };
  const words = ['run', 'transfer', '--bench', 'virtual', '--loss', '30%', '--out', 'run'];
  const ended = tcblab(words, { cwd: here, env });
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain('Error: boo');
  expect(ended.stderr).toContain('tcblab itself failed; this says nothing of any TCP.');
  expect(readdirSync(here)).toEqual([]);
});

onWire.test('a second Ctrl-C ends it at once, and leaves no draft', async () => {
  const here = temporaryFolder();
  const { child, exit } = await runningOnWire(here);
  // So that the first one has somebody to wait for.
  for (const agent of agentsOf(child.pid ?? 0)) process.kill(Number(agent), 'SIGSTOP');
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(readdirSync(here)).toEqual([]);
});

test('Ctrl-C in the midst of a run in memory ends it at once', async () => {
  const here = temporaryFolder();
  const child = startTcblab(['run', 'transfer', '--bench', 'virtual', '--loss', '30%', '--out', 'run'], {
    cwd: here,
  });
  const exit = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  child.stderr.setEncoding('utf8');
  await new Promise((resolve) => child.stderr.once('data', resolve));
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(readdirSync(here)).toEqual(['run']);
  bundleAt(join(here, 'run'));
});
