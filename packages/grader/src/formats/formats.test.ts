/** Formats are projections: the same results give the same octets, and nothing that a student wrote is obeyed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createResult } from '@tcblab/drill/verdict';
import { needs } from '@tcblab/test-needs';
import { expect, test } from 'vitest';
import type { GradedCase, GradeResult } from '../grade/grade-result.ts';
import { csv, fenced, markdown, workflow, xml } from './escape.ts';
import { FORMATS, type FormatName } from './formats.ts';

const HOSTILE = '=HYPERLINK("x")</script><b>&\u001b[31m\u0000::error::|`%0A\u202e';

function oneCase(fields: Partial<GradedCase> & Pick<GradedCase, 'id' | 'verdict'>): GradedCase {
  const empty = {
    reason: '',
    purpose: '',
    clauses: [],
    expected: null,
    actual: null,
    place: null,
    ladder: '',
  };
  return { ...empty, retries: 0, ...fields };
}

const CASES = [
  oneCase({ id: 'scripts/a.pkt', verdict: 'pass' }),
  oneCase({
    id: 'scripts/b.pkt',
    verdict: 'fail',
    reason: HOSTILE,
    purpose: 'A SYN is answered.',
    clauses: ['RFC 9293 §3.10.7.2: RCV.NXT=SEG.SEQ+1'],
    expected: '> S. 0:0(0) ack 1',
    actual: `> S. 0:0(0) ack 0 ${HOSTILE}`,
    place: 'b.pkt:3:5\n  +0 > S. 0:0(0) ack 1\n     ^',
    ladder: '    1      0.000000  < S 0:0(0)\n▶   2      0.000000  > S. 0:0(0) ack 0',
  }),
  oneCase({ id: 'scripts/c.pkt', verdict: 'blocked', reason: 'first: Answer a SYN' }),
];

function resultOf(name: string, fields: Partial<GradeResult['grade']> = {}): GradeResult {
  const verdict = fields.fault?.blame === 'platform' ? 'inconclusive' : 'fail';
  const reason = fields.fault?.what ?? '26.67 of 100 points; first to fail: scripts/b.pkt';
  return {
    ...createResult({
      verb: 'grade',
      subject: '03-handshake',
      verdict,
      reason,
      seed: 7,
      isolation: 'bwrap+rlimit',
    }),
    verb: 'grade',
    grade: {
      version: 1,
      submission: { name, digest: 'ab'.repeat(32), members: ['ada', '@bob'], leftOut: [] },
      lab: { id: '03-handshake', title: 'Open a connection', page: 'labs/03-handshake' },
      fault: null,
      score: {
        points: 26.67,
        most: 100,
        isolated: 26.67,
        isolatedMost: 80,
        together: 0,
        togetherMost: 20,
        mine: 6,
        asked: 6,
      },
      tasks: [{ id: 'passive', title: 'Answer a SYN', points: 26.67, most: 80, cases: CASES }],
      limits: '60 s of real time',
      leaves: 'bugs of the kernel',
      integrity: [],
      likely: { breaks: 'counts no SYN', seenIn: 'scripts/b.pkt' },
      ...fields,
    },
  };
}

const PLATFORM = {
  blame: 'platform',
  what: 'the reference itself does not pass',
  next: 'ask staff',
} as const;
const RESULTS = [
  resultOf(HOSTILE),
  resultOf('grace', { fault: PLATFORM, score: null, tasks: [], likely: null }),
];

test.each(Object.keys(FORMATS) as FormatName[])('%s is as it was', async (name) => {
  const { file, write } = FORMATS[name];
  const golden = join(import.meta.dirname, 'golden', `${file}.txt`);
  await expect(write(RESULTS)).toMatchFileSnapshot(golden);
});

test('a spreadsheet, a page, a table and a log take nothing for a command', () => {
  expect(csv('=1+1')).toBe(`"'=1+1"`);
  expect(csv(' @SUM(A1)')).toBe(`"' @SUM(A1)"`);
  expect(csv('\t-1\r\n')).toBe(`"' -1 "`);
  expect(csv(-1)).toBe('-1');
  expect(xml('<a b="c">\u0000\u001b[1m&')).toBe('&lt;a b=&quot;c&quot;&gt;\ufffd&amp;');
  expect(markdown('[x](y) | `z` @ada\n# no')).not.toMatch(/[[\]()|`@\n]|^#|<|>/);
  expect(fenced('```\nout')).toBe('````\n```\nout\n````');
  expect(workflow('a\n::error::b%0A')).toBe('a%0A%3A%3Aerror%3A%3Ab%250A');
});

test('a page holds no script and loads nothing, whatever its student is called', () => {
  const page = FORMATS.html.write(RESULTS);
  expect(page).not.toMatch(/<script|<b>|<img|<link|https?:|\son\w+=/);
  expect(page).toContain('&lt;/script&gt;');
});

needs('python3').test('XML is well-formed', () => {
  const parsed = spawnSync(
    'python3',
    [
      '-c',
      'import sys, xml.dom.minidom as d; print(len(d.parse(sys.stdin).getElementsByTagName("testcase")))',
    ],
    {
      input: FORMATS.junit.write(RESULTS),
      encoding: 'utf8',
    },
  );
  expect(parsed.stderr).toBe('');
  expect(parsed.stdout).toBe('4\n');
});

test('no score is no zero in a gradebook, and never looks like the student’s fault', () => {
  expect(FORMATS.csv.write(RESULTS)).toContain('grace,03-handshake,,,,,inconclusive,');
  expect(JSON.parse(FORMATS.gradescope.write([RESULTS[1]])).output).toContain('This is not your fault.');
});
