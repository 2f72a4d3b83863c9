import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCapture } from '@tcblab/capture';
import { asNobody, needs } from '@tcblab/test-needs';
import { expect, test } from 'vitest';
import { COMMAND, tcblab, temporaryFolder } from '../command.fixture.ts';

const netns = needs('netns');
const onlyAsRoot = needs('netns-as-nobody', 'setpriv');

const OPEN = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1460>
`;
const PASSES = `// A listener answers a SYN.\n// Proves: 9293-3.10.7.2-3syn\n${OPEN}+0 > S. 0:0(0) ack 1 <...>\n`;
const FAILS = `${OPEN}+0 > S. 0:0(0) ack 2 <...>\n`;
const UNSUPPORTED = '0 < udp (8)\n';
const FAULTY = '0 > S. 0:0\n';

/** A folder with these scripts below `s`. */
function folderWith(scripts: Record<string, string>): string {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 's', 'deeper'), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(cwd, 's', name), text);
  return cwd;
}

test('a folder of scripts that pass ends with a table and 0', () => {
  const cwd = folderWith({ 'a.pkt': PASSES, 'deeper/b.pkt': PASSES, 'notes.txt': 'x', 'c.pkt': UNSUPPORTED });
  const { code, stdout } = tcblab(['script', 's'], { cwd });
  expect(stdout).toContain('unsupported s/c.pkt:1:1: the stack under test has no UDP\n');
  expect(stdout.replace(/\d+\.\d ms/g, 'T ms'))
    .toContain(`          pass  fail  error  unsupported  inconclusive  time
s         1     -     -      1            -             T ms
s/deeper  1     -     -      -            -             T ms
all       2     -     -      1            -             T ms

3 scripts: 2 pass, 1 unsupported
`);
  expect(code).toBe(0);
});

test('a failure shows its line, what was expected and seen, and the ladder; the code is 1', () => {
  const cwd = folderWith({ 'a.pkt': PASSES, 'b.pkt': FAILS });
  const { code, stdout } = tcblab(['script', 's', '--jobs', '2'], { cwd });
  expect(stdout).toContain(`  +0 > S. 0:0(0) ack 2 <...>
  ^
  expected  > S. 0:0(0) ack 2 <...>
  seen      > S. 0:0(0) ack 1 win 65535 <mss 1460> (acknowledgement 1 instead of 2)
    1      0.000000  < S 0:0(0) win 65535 <mss 1460>
▶   2      0.000000  > S. 0:0(0) ack 1 win 65535 <mss 1460>
`);
  expect(code).toBe(1);
});

test('JSON has one entry for each script, and totals, and nothing else', () => {
  const cwd = folderWith({ 'a.pkt': PASSES, 'b.pkt': FAILS, 'c.pkt': UNSUPPORTED });
  const words = ['script', 's/a.pkt', 's/b.pkt', 's/c.pkt', '--json'];
  const { code, stdout } = tcblab(words, { cwd });
  const result: unknown = JSON.parse(stdout);
  expect(result).toEqual({
    scripts: [
      { file: 's/a.pkt', verdict: 'pass', ids: ['9293-3.10.7.2-3syn'], ms: expect.any(Number) },
      {
        file: 's/b.pkt',
        verdict: 'fail',
        line: 5,
        expected: '> S. 0:0(0) ack 2 <...>',
        actual: '> S. 0:0(0) ack 1 win 65535 <mss 1460> (acknowledgement 1 instead of 2)',
        ids: [],
        ms: expect.any(Number),
      },
      {
        file: 's/c.pkt',
        verdict: 'unsupported',
        line: 1,
        actual: 'the stack under test has no UDP',
        ids: [],
        ms: expect.any(Number),
      },
    ],
    totals: { pass: 1, fail: 1, error: 0, unsupported: 1, inconclusive: 0, scripts: 3 },
  });
  expect(code).toBe(1);
});

netns.test("the same file runs against Linux's TCP, in several threads, with captures", () => {
  const cwd = folderWith({ 'a.pkt': PASSES, 'b.pkt': FAILS, 'c.pkt': UNSUPPORTED });
  const words = ['script', 's', '--sut', 'kernel', '--tolerance', '60ms', '--jobs', '2', '--out', 'seen'];
  const { code, stdout } = tcblab(words, { cwd });
  expect(stdout).toMatch(/3 scripts: 1 pass, 1 fail, 1 unsupported/);
  expect(stdout).toMatch(/▶ +2 +0\.0\d+ +> S\. 0:0\(0\) ack 1 win \d+ <mss 1460>/);
  expect(readCapture(readFileSync(join(cwd, 'seen/s/a.pcapng'))).packets.length).toBe(2);
  expect(code).toBe(1);
});

onlyAsRoot.test('a plain user runs it too', () => {
  const cwd = temporaryFolder();
  chmodSync(cwd, 0o755);
  writeFileSync(join(cwd, 'a.pkt'), PASSES);
  const [program, ...become] = asNobody();
  const words = ['script', join(cwd, 'a.pkt'), '--sut', 'kernel', '--tolerance', '60ms'];
  const ended = spawnSync(program, [...become, ...COMMAND, ...words], { encoding: 'utf8', timeout: 30_000 });
  expect(`${ended.stderr}${ended.stdout}`).toContain('1 scripts: 1 pass');
});

netns.test('our TCP runs on a real wire', () => {
  const cwd = folderWith({ 'a.pkt': PASSES });
  const { code, stdout } = tcblab(['script', 's', '--bench', 'netns', '--tolerance', '60ms'], { cwd });
  expect(stdout).toContain('1 scripts: 1 pass');
  expect(code).toBe(0);
});

test('a TCP that cannot be had is refused, with what can', () => {
  const cwd = folderWith({ 'a.pkt': PASSES });
  const stderr = (...words: string[]) => tcblab(['script', 's', ...words], { cwd }).stderr;
  expect(stderr('--sut', './mine')).toContain('There is no program ./mine.');
  expect(stderr('--sut', 's/a.pkt')).toContain('chmod +x s/a.pkt');
  expect(stderr('--sut', 'kernel', '--bench', 'virtual')).toContain('lives in real time only');
  expect(stderr('--sut', 'kernel', '--prove')).toContain('--prove breaks our own TCP');
  expect(stderr('--tolerance', '5')).toContain('--tolerance 5 has no unit');
});

test('a faulty script is 2, and nothing but unsupported ones is 3', () => {
  const cwd = folderWith({ 'a.pkt': FAULTY, 'b.pkt': UNSUPPORTED });
  const faulty = tcblab(['script', 's'], { cwd });
  expect(faulty.stdout).toContain(
    "error s/a.pkt:1:11: expected '(' before a length, found the end of the script",
  );
  expect(faulty.code).toBe(2);
  expect(tcblab(['script', 's/b.pkt'], { cwd }).code).toBe(3);
});

test('--out leaves a capture and a ladder for each', () => {
  const cwd = folderWith({ 'a.pkt': PASSES });
  expect(tcblab(['script', 's', '--out', 'seen'], { cwd }).code).toBe(0);
  const capture = readCapture(readFileSync(join(cwd, 'seen', 's', 'a.pcapng')));
  expect(capture.packets).toHaveLength(2);
  expect(readFileSync(join(cwd, 'seen', 's', 'a.txt'), 'utf8')).toContain('> S. 0:0(0) ack 1');
  expect(existsSync(join(cwd, 'seen', 'result.json'))).toBe(true);
});

test('--prove names what a script notices of broken TCPs, and a script that notices nothing fails', () => {
  const notices = PASSES.replace('<...>', '<mss 1460>');
  const cwd = folderWith({ 'a.pkt': notices, 'idle.pkt': '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' });
  const { code, stdout } = tcblab(['script', 's', '--prove'], { cwd });
  expect(stdout).toMatch(/^s\/a\.pkt +\d+ .*\bannounces-no-mss\b/m);
  expect(stdout).toContain('These scripts prove nothing:\n  s/idle.pkt\n');
  expect(code).toBe(1);
  const json = tcblab(['script', 's/a.pkt', '--prove', '--json', '--jobs', '1'], { cwd });
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    scripts: [{ file: 's/a.pkt', verdict: 'pass', ids: ['9293-3.10.7.2-3syn'] }],
    mutants: expect.arrayContaining([expect.objectContaining({ name: 'ignores-resets', scripts: 0 })]),
  });
});

test('what is not there is wrong use', () => {
  const cwd = temporaryFolder();
  expect(tcblab(['script', 'no.pkt'], { cwd })).toMatchObject({ code: 2 });
  expect(tcblab(['script', '.'], { cwd }).stderr).toContain('No .pkt file lies below .');
  expect(tcblab(['script', '.', '--match', 'fuzzy'], { cwd }).code).toBe(2);
});
