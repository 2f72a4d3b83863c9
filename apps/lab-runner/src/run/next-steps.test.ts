import type { Verdict } from '@tcblab/drill/verdict';
import { describe, expect, test } from 'vitest';
import { commandOf, nextSteps } from './next-steps.ts';
import type { Implementation, RunRequest } from './request.ts';

const calm = { loss: 0, duplicate: 0, reorder: 0, corrupt: 0, delay: 0 };
const tcps: Implementation[] = ['reference', 'kernel'];
const pairings = tcps.flatMap((a) => tcps.map((b) => ({ bench: 'netns' as const, a, b })));
const hosts = [...pairings, { bench: 'virtual' as const, a: tcps[0], b: tcps[0] }];
const requests: RunRequest[] = hosts.flatMap((host) =>
  [0, 0.1].map((loss) => ({
    scenario: 'handshake',
    ...host,
    ipv6: loss > 0,
    impairments: { ...calm, loss },
    seed: 7,
    out: undefined,
    json: false,
  })),
);

describe.for(['pass', 'fail', 'inconclusive'] as Verdict[])('after %s', (verdict) => {
  test.for(requests.map((request) => [commandOf(request), request] as const))(
    '%s: things to try, none twice and none the run itself',
    ([again, request]) => {
      for (const undisturbed of [null, 'only the first SYN may be lost']) {
        const steps = nextSteps({ request, scenario: { undisturbed }, verdict, folder: 'run' });
        expect(steps.length).toBeGreaterThanOrEqual(2);
        expect(new Set(steps).size).toBe(steps.length);
        expect(steps).not.toContain(again);
        for (const step of steps) expect(step).not.toMatch(/virtual.*kernel/);
      }
    },
  );
});

test('a scenario that needs a good wire is not put on a bad one', () => {
  const request = { ...requests[0], scenario: 'lost-syn' };
  const steps = nextSteps({ request, scenario: { undisturbed: 'why' }, verdict: 'pass', folder: 'run' });
  expect(steps.slice(1)).toEqual([
    './tcblab run transfer --loss 10% --seed 7',
    './tcblab run lost-syn --b kernel --seed 7',
  ]);
});
