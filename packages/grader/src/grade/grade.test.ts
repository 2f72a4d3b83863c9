/** Whatever is handed in, there is a result, and it says whose fault it is. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import { discard, takeSubmission } from '../submission/take-submission.ts';
import { flyCanary, grade as gradeTaken } from './grade.ts';
import { gradePath, LABS, labOf, SOLUTION, submission, termsOf } from './grading.fixture.ts';

const { test } = needs('linux', 'bwrap');
const SLOW = 60_000;

test.for(['01', '03', '04'])(
  'the solution of lab %s has every point, and the starter none, behind walls',
  { timeout: SLOW },
  async (lab) => {
    const solved = await gradePath(submission(lab), lab);
    expect(solved.verdict).toBe('pass');
    expect(solved.reason).toBe(`${solved.grade.score?.most} of ${solved.grade.score?.most} points`);
    const begun = submission(lab);
    cpSync(join(LABS, labOf(lab).id, 'starter'), begun, { recursive: true });
    const { verdict, grade } = await gradePath(begun, lab);
    expect(grade).toMatchObject({ fault: null, score: { points: 0 } });
    expect(verdict).toBe('fail');
  },
);

test(
  'the same submission and seed give the same octets',
  async () => {
    const folder = submission('03', {
      'connection.ts': (text) => text.replace('tcp.add(segment.seq, 1)', 'segment.seq'),
    });
    const first = await gradePath(folder, '03', termsOf(undefined, 7));
    expect(JSON.stringify(await gradePath(folder, '03', termsOf(undefined, 7)))).toBe(JSON.stringify(first));
    expect(first.verdict).toBe('fail');
    const failed = first.grade.tasks.flatMap(({ cases }) => cases).find(({ verdict }) => verdict === 'fail');
    expect(failed).toMatchObject({
      id: 'scripts/handshake/passive-open.pkt',
      expected: expect.stringContaining('> S. 0:0(0) ack 1'),
      actual: expect.stringContaining('> S. 0:0(0) ack 0'),
      clauses: [
        expect.stringContaining('RFC 9293 §'),
        ...Array(failed?.clauses.length).fill(expect.any(String)).slice(1),
      ],
    });
    expect(first.grade.tasks[1].cases.map(({ verdict }) => verdict)).toEqual([
      'blocked',
      'blocked',
      'blocked',
      'blocked',
    ]);
  },
  SLOW,
);

test(
  'what is the reference’s earns nothing',
  async () => {
    const folder = submission('03');
    const one = { version: 1, lab: '03-handshake', language: 'typescript', kit: '0.1.0' };
    writeFileSync(
      join(folder, 'tcblab.json'),
      JSON.stringify({ ...one, parts: { connection: { openActive: 'mine' } } }),
    );
    const { grade } = await gradePath(folder, '03');
    expect(grade.score).toMatchObject({ mine: 1, asked: 6, isolated: 13.33, together: 3.33 });
  },
  SLOW,
);

test(
  'when the reference does not pass, nobody fails',
  async () => {
    const lab = labOf('02');
    const { signal } = new AbortController();
    const terms = { ...termsOf(), solution: join(LABS, '02-sequence', 'starter') };
    const canary = await flyCanary(lab, terms, signal);
    expect(canary).toMatchObject({ ok: false, fault: { blame: 'platform' } });
    const taken = takeSubmission(submission('02'), lab);
    const result = await gradeTaken({ lab, terms, taken, signal }, canary);
    discard(taken);
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('the reference itself does not pass 02-sequence/distance.json'),
      grade: { score: null, fault: { blame: 'platform' } },
    });
  },
  SLOW,
);

test(
  'walls that cannot be built are nobody’s fail',
  async () => {
    const terms = termsOf();
    const folder = submission('02');
    const canary = { ok: true } as const;
    const gone = {
      ok: true,
      value: { folder: '/no/such/folder', manifest: manifestOf(folder) },
      ...NOTHING,
    } as const;
    const { signal } = new AbortController();
    const result = await gradeTaken(
      { lab: labOf('02'), terms: { ...terms, solution: '/no/such/folder' }, taken: gone, signal },
      canary,
    );
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      grade: { score: null, fault: { blame: 'platform' } },
    });
  },
  SLOW,
);

const NOTHING = {
  facts: { name: 'x', digest: '', members: [], leftOut: [] },
  integrity: [],
  prints: new Map<string, string>(),
};

function manifestOf(_folder: string) {
  const sequence = Object.fromEntries(
    labOf('02').replaces.sequence?.map((name) => [name, 'mine' as const]) ?? [],
  );
  return { lab: '02-sequence', language: 'typescript', kit: '0.1.0', command: null, parts: { sequence } };
}

test.for([
  ['no manifest', {}, 'there is no tcblab.json in it'],
  [
    'another lab',
    { 'tcblab.json': manifest('sequence') },
    'nothing that 03-handshake asks for is called "mine"',
  ],
  ['a manifest that is no JSON', { 'tcblab.json': '{' }, 'its tcblab.json cannot be used: it is no JSON'],
  [
    'a receipt for another lab',
    { 'submission.json': '{"lab":"05-teardown"}' },
    'it was handed in for 05-teardown',
  ],
] as const)('%s: the submission’s fault, and what to do', { timeout: SLOW }, async ([name, files, what]) => {
  const folder =
    name === 'no manifest' ? SOLUTION.replace('solution', '03-handshake/starter') : submission('03', files);
  const { verdict, grade } = await gradePath(folder, '03');
  expect(verdict).toBe('fail');
  expect(grade.fault?.blame).toBe('submission');
  expect(grade.fault?.what).toContain(what);
  expect(grade.score).toMatchObject({ points: 0, most: 100 });
});

function manifest(part: string): string {
  return JSON.stringify({
    version: 1,
    lab: '03-handshake',
    language: 'typescript',
    kit: '0.1.0',
    parts: { [part]: 'mine' },
  });
}
