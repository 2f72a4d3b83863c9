/** The way of a student: start, check, step through, hand in. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { has, needs } from '@tcblab/test-needs';
import { expect, test } from 'vitest';
import { startTcblab, tcblab, temporaryFolder } from '../command.fixture.ts';
import { REPOSITORY } from '../repository.ts';

const SOLUTION = join(REPOSITORY, 'labs', 'solution');
const TSC = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');

/** A folder with a lab just started. */
function started(lab: string): { cwd: string; folder: string } {
  const cwd = temporaryFolder();
  expect(tcblab(['labs', 'start', lab, 'my-tcp'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  return { cwd, folder: join(cwd, 'my-tcp') };
}

function solved(lab: string): { cwd: string; folder: string } {
  const place = started(lab);
  copyFileSync(join(SOLUTION, 'connection.ts'), join(place.folder, 'connection.ts'));
  return place;
}

test('a lab that was just started type-checks where it stands, and fails in every task', () => {
  const { cwd, folder } = started('03');
  const types = spawnSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8' });
  expect(types).toMatchObject({ status: 0, stdout: '' });
  const { code, stdout } = tcblab(['check', 'my-tcp'], { cwd });
  expect(stdout).toContain('openPassive is not written yet, at connection.ts:17:9 in openPassive');
  expect(stdout).toContain('blocked, first: Answer a SYN');
  expect(stdout).toContain('isolated  0 of 80 points\n');
  expect(code).toBe(1);
});

test('starting again changes no file of the student’s, and says what is to be added', () => {
  const { cwd, folder } = solved('03');
  writeFileSync(join(folder, 'connection.ts'), '// mine\nexport function close() {}\n');
  const { stdout } = tcblab(['labs', 'start', '05', 'my-tcp'], { cwd });
  expect(readFileSync(join(folder, 'connection.ts'), 'utf8')).toBe('// mine\nexport function close() {}\n');
  expect(stdout).toContain(
    'Add to connection.ts: finSent, ackOfFin, finArrives, repeatedFin, timeWaitTimeout.',
  );
  expect(existsSync(join(folder, 'connection.05.ts'))).toBe(true);
  const { lab, parts } = JSON.parse(readFileSync(join(folder, 'tcblab.json'), 'utf8'));
  expect(lab).toBe('05-teardown');
  expect(parts.connection).toMatchObject({ openActive: 'mine', close: 'mine' });
  writeFileSync(join(cwd, 'else.txt'), '');
  expect(tcblab(['labs', 'start', '03', '.'], { cwd })).toMatchObject({ code: 2 });
});

test('the solution passes, and the list remembers it', () => {
  const { cwd, folder } = solved('03');
  const { code, stdout } = tcblab(['check', 'my-tcp'], { cwd });
  expect(stdout).toContain('isolated  80 of 80 points\ntogether  20 of 20 points\n');
  expect(code).toBe(0);
  const list = tcblab(['labs', '--track', 'four'], { cwd: folder }).stdout;
  expect(list).toMatch(/03-handshake .* 100 of 100\n/);
  expect(list).not.toContain('01-segment');
});

test('a mistake is explained by clause, line and packets, with the command that shows it again', () => {
  const { cwd, folder } = solved('03');
  alter(folder, 'tcb.rcv.nxt = tcp.add(segment.seq, 1);', 'tcb.rcv.nxt = segment.seq;');
  const { code, stdout } = tcblab(['check', 'my-tcp', '03', '--only', 'passive-open'], { cwd });
  expect(stdout).toContain('RFC 9293 §3.10.7.2: RCV.NXT=SEG.SEQ+1');
  expect(stdout).toMatch(/expected {2}> S\. 0:0\(0\) ack 1 .*\n {2}seen {6}> S\. 0:0\(0\) ack 0 /);
  expect(stdout).toContain('▶   2      0.100000  > S. 0:0(0) ack 0');
  expect(stdout).toMatch(/again: {2}\S*\/tcblab check my-tcp 03 --only handshake\/passive-open\n/);
  expect(code).toBe(1);
});

test.each([
  [
    'an endless loop',
    'for (;;) tcb.irs = 0;',
    /it did not come back within 2 s(: it is at connection\.ts:\d+ in listenArrives)?\n/,
  ],
  ['the end of the process', 'process.exit(0);', /it ended the process/],
  [
    'all the memory',
    'const all: number[][] = []; for (;;) all.push(Array(1e6).fill(1.5));',
    /it took more than 512 MB/,
  ],
])('%s is a verdict like any other', (_what, code, said) => {
  const { cwd, folder } = solved('03');
  alter(folder, 'if (segment.rst) return;\n  if (segment.hasAck) {', `${code}\n  if (segment.hasAck) {`);
  const ended = tcblab(['check', 'my-tcp', '--only', 'passive-open'], { cwd });
  expect(ended.stdout).toMatch(said);
  expect(ended.stdout).toContain('  A listener answers a SYN, and the third segment opens the connection.\n');
  expect(ended.code).toBe(1);
});

test('a debugger stops at a breakpoint in the student’s TypeScript', async () => {
  const { cwd, folder } = solved('03');
  const source = readFileSync(join(folder, 'connection.ts'), 'utf8').split('\n');
  const line = source.findIndex((one) => one.includes("tcb.state = 'SYN-RECEIVED'"));
  const child = startTcblab(['check', 'my-tcp', '--inspect', 'passive-open'], { cwd });
  const url = await new Promise<string>((resolve) => {
    child.stderr.on('data', (text: Buffer) => {
      const found = /ws:\S+/.exec(text.toString());
      if (found !== null) resolve(found[0]);
    });
  });
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const send = (id: number, method: string, params: object = {}) =>
    socket.send(JSON.stringify({ id, method, params }));
  const paused = new Promise<{ location: { lineNumber: number } }>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const { method, params } = JSON.parse(String(data));
      if (method === 'Debugger.paused' && params.hitBreakpoints.length > 0) resolve(params.callFrames[0]);
    });
  });
  send(1, 'Debugger.enable');
  send(2, 'Debugger.setBreakpointByUrl', { urlRegex: '.*/my-tcp/connection\\.ts$', lineNumber: line });
  send(3, 'Runtime.runIfWaitingForDebugger');
  expect((await paused).location.lineNumber).toBe(line);
  send(4, 'Debugger.disable');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

test('what is handed in is one zip with every file, its digest, and what the student says', () => {
  const { cwd } = solved('03');
  const said = ['--hours', '5.5', '--bugs', 'none, I hope', '--members', 'ada, grace'];
  const { code, stdout } = tcblab(['labs', 'submit', '03', 'my-tcp', ...said], { cwd });
  expect(code).toBe(0);
  const files = unzip(readFileSync(join(cwd, '03-handshake.zip')));
  const receipt = JSON.parse(files.get('submission.json') ?? '');
  expect(receipt).toMatchObject({
    format: 'tcblab-submission',
    lab: '03-handshake',
    hours: 5.5,
    bugs: 'none, I hope',
    members: ['ada', 'grace'],
    reached: { isolated: 80, together: 20 },
  });
  expect(stdout).toContain(`digest ${receipt.digest}`);
  expect(files.get('connection.ts')).toBe(readFileSync(join(SOLUTION, 'connection.ts'), 'utf8'));
  const listed: string[] = receipt.files.map(({ path }: { path: string }) => path);
  expect([...files.keys()]).toEqual([...listed, 'submission.json']);
  expect(readdirSync(cwd).toSorted()).toEqual(['03-handshake.zip', 'my-tcp']);
});

test('a run takes the folder for a TCP, and its crash for a failure', () => {
  const { cwd, folder } = solved('03');
  const run = ['run', 'handshake', '--bench', 'virtual', '--a', 'my-tcp', '--json', '--seed', '1'];
  const good = tcblab([...run, '--out', 'good'], { cwd });
  expect(good.code).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({
    verdict: 'pass',
    pairing: { a: 'my-tcp', b: 'reference' },
  });
  alter(folder, 'tcb.snd.una = tcb.iss;', 'throw new RangeError("no number left");');
  const bad = tcblab([...run, '--out', 'bad'], { cwd });
  expect(bad.code).toBe(1);
  const crash = JSON.parse(bad.stdout).checks.find(({ title }: { title: string }) =>
    title.includes('keeps running'),
  );
  expect(crash.verdict).toBe('fail');
  expect(crash.seen).toMatch(/^RangeError: no number left, at connection\.ts:\d+:\d+ in openActive$/);
  expect(tcblab(['run', 'handshake', '--a', './nowhere'], { cwd })).toMatchObject({ code: 2 });
});

needs('netns').test('a student’s TCP speaks with the kernel’s', () => {
  const { cwd } = solved('03');
  const { code, stdout } = tcblab(['run', 'handshake', '--a', 'my-tcp', '--b', 'kernel', '--json'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'pass', pairing: { a: 'my-tcp', b: 'kernel' } });
  expect(code).toBe(0);
});

test.for([
  { bench: 'virtual', b: 'reference' },
  { bench: 'netns', b: 'kernel' },
])('a loop without end fails within seconds and names its line, on $bench', ({ bench, b }, context) => {
  if (bench === 'netns' && !has('netns')) context.skip();
  const { cwd, folder } = solved('03');
  alter(
    folder,
    'tcp: Tcp): void {\n  const acceptable',
    'tcp: Tcp): void {\n  while (true) {}\n  const acceptable',
  );
  const { code, stdout } = tcblab(['run', 'handshake', '--bench', bench, '--a', 'my-tcp', '--b', b], { cwd });
  expect(stdout).toMatch(
    /FAIL  handshake: .*it did not come back within \d+ s: it is at connection\.ts:\d+ in synSentArrives\n/,
  );
  expect(stdout).not.toMatch(/ 0 B +every frame/);
  expect(code).toBe(1);
});

test('what cannot be a TCP is said by name and line', () => {
  const { cwd, folder } = solved('03');
  const check = (): string => tcblab(['check', 'my-tcp', '--only', 'passive-open'], { cwd }).stdout;
  alter(folder, "tcb.state = 'LISTEN'", "tcb.state = 'LISTENING' as 'LISTEN'");
  expect(check()).toMatch(/'LISTENING' is no state of RFC 9293.*, at connection\.ts:\d+:\d+ in openPassive/);
  alter(folder, "tcb.state = 'LISTENING' as 'LISTEN'", "tcb.state = 'LISTEN'");
  const text = readFileSync(join(folder, 'connection.ts'), 'utf8');
  const cut = text.replace(
    /(function ackOfSyn\([^)]*\): boolean \{)/,
    '$1\n  if (1 < 2) return undefined as never;',
  );
  writeFileSync(join(folder, 'connection.ts'), cut);
  expect(check()).toMatch(
    /ackOfSyn returned undefined, expected true or false, at connection\.ts:\d+ in ackOfSyn/,
  );
  writeFileSync(join(folder, 'connection.ts'), 'export function openPassive( {\n');
  expect(check()).toMatch(/→ connection\.ts\(\d+,\d+\): error TS/);
});

test('a lab that was not started here earns nothing, and is not handed in', () => {
  const { folder: cwd } = solved('03');
  const said = expect.stringMatching(/05-teardown was not started here\.\n.* labs start 05 \.\n/);
  expect(tcblab(['check', '.', '05'], { cwd })).toMatchObject({ code: 2, stderr: said });
  expect(tcblab(['labs', 'submit', '05'], { cwd })).toMatchObject({ code: 2, stderr: said });
});

test('names are taken as people write them, and near ones are guessed', () => {
  const { cwd, folder } = solved('03');
  expect(tcblab(['labs', 'start', 'handshake', 'other'], { cwd })).toMatchObject({ code: 0 });
  expect(tcblab(['labs', 'strat'], { cwd }).stderr).toContain('Did you mean labs start?');
  expect(tcblab(['check', 'foo'], { cwd }).stderr).toContain('there is no foo');
  const listed = tcblab(['check', 'my-tcp', '--only', 'closed/nope'], { cwd }).stderr;
  const name = /mean (\S+)\?|It has: ([^,\n]+)/.exec(listed);
  const one = name?.[1] ?? name?.[2] ?? '';
  expect(tcblab(['check', 'my-tcp', '--only', one], { cwd })).toMatchObject({ code: 0 });
  expect(tcblab(['labs'], { cwd: folder }).stdout).toContain('Go on with ');
});

test('handing in leaves out scratch files and overwrites nothing', () => {
  const { cwd, folder } = solved('03');
  writeFileSync(join(folder, 'connection.ts.bak'), 'old');
  const submit = (hours: string) =>
    tcblab(['labs', 'submit', '03', 'my-tcp', '--hours', hours, '--bugs', '', '--members', 'ada'], { cwd });
  expect(submit('five')).toMatchObject({ code: 2, stderr: expect.not.stringContaining('checking') });
  expect(submit('5').stdout).not.toContain('.bak');
  expect(submit('5').stdout).toContain('03-handshake-2.zip');
});

test('script takes the folder too, and a program of any language in one', () => {
  const { cwd, folder } = solved('03');
  const one = join(REPOSITORY, 'labs', 'scripts', 'handshake', 'passive-open.pkt');
  expect(tcblab(['script', one, '--sut', 'my-tcp'], { cwd })).toMatchObject({ code: 0 });
  alter(folder, 'tcb.rcv.nxt = tcp.add(segment.seq, 1);', 'tcb.rcv.nxt = segment.seq;');
  const wrong = tcblab(['script', one, '--sut', 'my-tcp'], { cwd });
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('seen      > S. 0:0(0) ack 0') });
  expect(tcblab(['script', one, '--sut', 'my-tcp', '--bench', 'netns'], { cwd })).toMatchObject({ code: 2 });
  const command = [process.execPath, '-e', 'process.exit(3)'];
  const other = { version: 1, lab: '03-handshake', language: 'forth', kit: '0.1.0', command };
  writeFileSync(join(folder, 'tcblab.json'), JSON.stringify(other));
  const child = tcblab(['script', one, '--sut', 'my-tcp'], { cwd });
  expect(child.stderr).toContain('The program did not say hello');
});

test('answers are held against the capture beside them', () => {
  const { cwd, folder } = started('00');
  expect(tcblab(['check', 'my-tcp'], { cwd }).stdout).toContain('there is no bench/host-a.pcapng');
  tcblab(['run', 'handshake', '--bench', 'virtual', '--seed', '1', '--out', 'bench'], { cwd: folder });
  // As tshark has them.
  const answers = {
    'frame-of-syn': 3,
    iss: 2_338_349_879,
    'client-port': 59_474,
    'ack-of-syn': 2_338_349_880,
    'frame-of-third': 5,
    'octets-of-client': 14,
    'first-fin': 8,
  };
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  expect(tcblab(['check', 'my-tcp'], { cwd })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('isolated  100 of 100 points'),
  });
  writeFileSync(join(folder, 'answers.json'), JSON.stringify({ ...answers, iss: 0 }));
  expect(tcblab(['check', 'my-tcp'], { cwd })).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('0 is not what bench/host-a.pcapng shows'),
  });
});

test('a claim is refuted by the frames that show it, and by no others', () => {
  const { cwd, folder } = started('12');
  tcblab(['run', 'transfer', '--bench', 'virtual', '--seed', '1', '--out', 't'], { cwd: folder });
  const because = 'These frames show it: '.padEnd(130, 'because they do ');
  const claims = (m2: readonly number[]): string =>
    JSON.stringify({
      claims: [
        { claim: 'M4', capture: 't/host-a.pcapng', frames: [3, 4], because },
        { claim: 'M2', capture: 't/host-a.pcapng', frames: m2, because },
        { claim: 'M4', capture: 't/host-a.pcapng', frames: [3, 4], because },
      ],
    });
  writeFileSync(join(folder, 'claims.json'), claims([5, 6]));
  const { stdout } = tcblab(['check', 'my-tcp'], { cwd });
  expect(stdout).toMatch(/✓ The first claim +1\/1[^]*✓ The second claim +1\/1[^]*✗ The third claim/);
  expect(stdout).toContain('entry 3: M4 is refuted already');
  writeFileSync(join(folder, 'claims.json'), claims([7, 8]));
  expect(tcblab(['check', 'my-tcp'], { cwd }).stdout).toContain('entry 2: against M2, name two segments');
});

test('the labs hold: starters fail, the solution passes, mutants are caught', () => {
  const { code, stdout } = tcblab(['labs', 'verify']);
  expect(stdout).toContain('Starters fail, the solution passes, every mutant is caught.');
  expect(code).toBe(0);
});

test('a folder that is none, and a lab that is none, say what to do', () => {
  const cwd = temporaryFolder();
  expect(tcblab(['check'], { cwd }).stderr).toContain('. has no tcblab.json');
  expect(tcblab(['labs', 'start', '77'], { cwd })).toMatchObject({ code: 2 });
  expect(tcblab(['labs', 'submit', '03'], { cwd })).toMatchObject({ code: 2 });
});

function alter(folder: string, from: string, to: string): void {
  const path = join(folder, 'connection.ts');
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

/** By the central directory, as every other reader does it. */
function unzip(bytes: Buffer): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const packed = bytes.readUInt32LE(at + 20);
    const name = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26);
    files.set(
      bytes.toString('utf8', at + 46, at + 46 + name),
      inflateRawSync(bytes.subarray(from, from + packed)).toString('utf8'),
    );
    at += 46 + name;
  }
  return files;
}
