import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tcblab, temporaryFolder } from './command.fixture.ts';
import { REPOSITORY } from './repository.ts';

test('with no verb it shows the page that a newcomer can act on', () => {
  const { code, stdout, stderr } = tcblab([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const needed of ['./tcblab doctor', './tcblab start', 'Exit codes:', 'tcblab-runs/']) {
    expect(stdout).toContain(needed);
  }
  expect(tcblab(['--help']).stdout).toBe(stdout);
});

test.each(['run', 'start', 'doctor', 'clean', 'benchmark', 'agent'])('%s --help teaches', (verb) => {
  const { code, stdout } = tcblab([verb, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: tcblab ${verb}`);
});

test("--version is the kit's own, on one line", () => {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  expect(tcblab(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

/** What was typed, what the sentence says, and what the remedy says. All of it is wrong use. */
const refused: readonly (readonly [string, readonly string[], RegExp, RegExp])[] = [
  ['an unknown verb', ['rnu'], /unknown command 'rnu'/, /Did you mean run/],
  ['an unknown option', ['run', 'handshake', '--sed', '1'], /unknown option '--sed'/, /Did you mean --seed/],
  ['a word too many', ['doctor', 'now'], /too many arguments/, /--help/],
  [
    'an unknown bench',
    ['run', 'handshake', '--bench', 'netms'],
    /--bench netms/,
    /Did you mean --bench netns/,
  ],
  ['an unknown TCP', ['run', 'handshake', '--b', 'kernal'], /--b kernal/, /Did you mean --b kernel/],
  ['a loss above all', ['run', 'handshake', '--loss', '101%'], /--loss 101% is impossible/, /100%/],
  [
    'a percentage without its sign',
    ['run', 'handshake', '--loss', '2'],
    /--loss 2 is impossible/,
    /--loss 2%/,
  ],
  [
    'a bad wire where timing is all',
    ['run', 'simultaneous-close', '--bench', 'virtual', '--loss', '5%'],
    /needs an undisturbed wire: both ends must close at the same moment/,
    /run transfer/,
  ],
  ['a negative share', ['run', 'handshake', '--corrupt=-1'], /--corrupt/, /--corrupt 2%/],
  ['a delay without a unit', ['run', 'handshake', '--delay', '20'], /--delay 20 has no unit/, /20ms/],
  ['a delay of an hour', ['run', 'handshake', '--delay', '3600s'], /longer than 60 s/, /--delay 60s/],
  ['a seed that is none', ['run', 'handshake', '--seed', 'lucky'], /--seed "lucky"/, /seed/],
  [
    'an unknown benchmark',
    ['benchmark', '--only', 'bluk'],
    /no benchmark "bluk"/,
    /Did you mean --only bulk/,
  ],
  [
    'a kernel in memory',
    ['run', 'handshake', '--bench', 'virtual', '--b', 'kernel'],
    /virtual bench has no kernel/,
    /--bench netns/,
  ],
];

test.each(refused)('%s is refused with a sentence and a remedy', (_, words, sentence, remedy) => {
  const here = temporaryFolder();
  const { code, stdout, stderr } = tcblab(words, { cwd: here });
  const [first = '', second = '', ...rest] = stderr.split('\n');
  expect({ code, stdout, rest }).toEqual({ code: 2, stdout: '', rest: [''] });
  expect(first).toMatch(/^tcblab: /);
  expect(first).toMatch(sentence);
  expect(second).toMatch(/^ {2}→ /);
  expect(second).toMatch(remedy);
  expect(readdirSync(here)).toEqual([]);
});

/** A folder with what a user may have there by accident. */
function accidentalFolder(): string {
  const here = temporaryFolder();
  writeFileSync(join(here, 'bad.yaml'), 'title: Bad\nends:\n  client: {host: a\n');
  writeFileSync(join(here, 'typo.yaml'), 'title: Typo\nabout: x\npage: labs/03-handshake\nexpct: []\n');
  writeFileSync(join(here, 'file'), 'not a folder');
  mkdirSync(join(here, 'full'));
  writeFileSync(join(here, 'full', 'thesis.txt'), 'mine');
  return here;
}

const virtually = ['--bench', 'virtual'] as const;
const misplaced: readonly (readonly [string, readonly string[], RegExp, RegExp])[] = [
  ['no scenario', ['run'], /run needs a scenario[^]* handshake[^]* transfer/, /\/tcblab run --help/],
  ['an unknown scenario', ['run', 'handshke'], /no scenario "handshke"/, /Did you mean .*run handshake/],
  ['a scenario like no other', ['run', 'zzz'], /no scenario "zzz".*handshake/, /\.yaml/],
  ['a file that is not there', ['run', './mine.yaml'], /no file \.\/mine\.yaml/, /handshake/],
  ['a folder as a scenario', ['run', './full/'], /is a folder/, /\.yaml/],
  ['YAML that is none', ['run', 'bad.yaml'], /bad\.yaml:\d+:\d+: /, /handshake\.yaml/],
  ['a key that is not known', ['run', 'typo.yaml'], /typo\.yaml:4:1: .*expct.*expect/, /handshake\.yaml/],
  [
    '--out that is a file',
    ['run', 'handshake', ...virtually, '--out', 'file'],
    /file/,
    /[Nn]ame a(nother)? folder/,
  ],
  [
    '--out below a file',
    ['run', 'handshake', ...virtually, '--out', 'file/run'],
    /file/,
    /[Nn]ame a(nother)? folder/,
  ],
  ['--out that is full', ['run', 'handshake', ...virtually, '--out', 'full'], /not empty/, /another folder/],
  [
    '--out where nobody may write',
    ['run', 'handshake', ...virtually, '--out', '/proc/tcblab/run'],
    /\/proc\/tcblab\/run cannot be written \(E/,
    /--out/,
  ],
];

test.each(misplaced)('%s is refused, and nothing is touched', (_, words, sentence, remedy) => {
  const here = accidentalFolder();
  const before = readdirSync(here, { recursive: true });
  const { code, stdout, stderr } = tcblab(words, { cwd: here });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^tcblab: /);
  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/\n {2}→ .*\n$/);
  expect(stderr.split('→')[1]).toMatch(remedy);
  expect(readdirSync(here, { recursive: true })).toEqual(before);
});

test('doctor speaks JSON, and its exit code says whether the default bench can run', () => {
  const { code, stdout } = tcblab(['doctor', '--json']);
  const report = JSON.parse(stdout);
  expect(code).toBe(report.able ? 0 : 3);
  expect(report.findings.length).toBeGreaterThan(8);
  for (const finding of report.findings) {
    if (finding.level === 'warn' || finding.level === 'fail')
      expect(finding.remedy, finding.title).toBeTruthy();
  }
});
