/** The command that a course runs: many submissions, one of them broken, and an interruption. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import { tcblab, temporaryFolder } from '../command.fixture.ts';
import { REPOSITORY } from '../repository.ts';

const { test } = needs('linux', 'bwrap');

test(
  'a folder of submissions becomes a gradebook, and --resume grades what is missing',
  { timeout: 120_000 },
  () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'in'));
    expect(tcblab(['labs', 'start', '02', 'in/ada'], { cwd })).toMatchObject({ code: 0 });
    copyFileSync(join(REPOSITORY, 'labs', 'solution', 'sequence.ts'), join(cwd, 'in', 'ada', 'sequence.ts'));
    writeFileSync(join(cwd, 'in', 'zoe.zip'), 'no zip');
    const words = ['grade', 'in', '--lab', '02', '--out', 'out', '--format', 'csv'];
    const { code, stdout } = tcblab(words, { cwd });
    expect(stdout).toMatch(/\nada,ada,02-sequence,100,100,80,20,pass,/);
    expect(stdout).toMatch(/\nzoe\.zip,zoe\.zip,02-sequence,0,100,0,0,fail,.*it is no zip archive/);
    expect(code).toBe(1);
    expect(readFileSync(join(cwd, 'out', 'gradebook.csv'), 'utf8')).toBe(stdout);
    const folder = join(cwd, 'out', 'submissions');
    expect(readdirSync(folder).toSorted()).toEqual(['ada.json', 'zoe.zip.json']);
    rmSync(join(folder, 'zoe.zip.json'));
    const again = tcblab([...words, '--resume'], { cwd });
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).toContain('ada: 100 of 100, as before');
    const { grade } = JSON.parse(readFileSync(join(folder, 'ada.json'), 'utf8'));
    expect(grade).toMatchObject({ fault: null, lab: { id: '02-sequence' } });
  },
);

test('what is asked wrongly is said in a sentence', () => {
  const cwd = temporaryFolder();
  expect(tcblab(['grade', 'nowhere', '--lab', '02'], { cwd })).toMatchObject({ code: 2, stdout: '' });
  expect(tcblab(['grade', '.', '--lab', '99'], { cwd }).stderr).toContain('There is no lab 99');
  expect(tcblab(['grade', '.', '--lab', '02', '--resume'], { cwd }).code).toBe(2);
});
