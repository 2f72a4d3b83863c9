import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '@tcblab/test-needs';
import { expect, test } from 'vitest';
import { startTcblab, tcblab, temporaryFolder } from '../command.fixture.ts';

/** A connection that stands still for a while, with octets that nobody reads. */
const SLOW = `
title: A connection that waits
about: Host B is slow to read what host A has sent.
page: labs/03-handshake
proves: [MUST-58]
limit: 40s
ends:
  client:
    host: a
    do:
      - open: 7000
      - send: { octets: 5000 }
      - wait: 15s
      - close
  server:
    host: b
    do:
      - listen: 7000
      - accept
      - wait: 15s
      - receive: { octets: 5000 }
      - close
expect:
  - client: data
    rfc: 9293 3.7
`;

interface Listed {
  readonly runs: readonly {
    readonly scenario: string;
    readonly hosts: readonly {
      readonly host: string;
      readonly implementation: string;
      readonly sockets: readonly {
        readonly state: string;
        readonly local: string;
        readonly receiveQueue: number;
      }[];
    }[];
  }[];
}

test('where no run is alive, ss says so and how to start one', () => {
  const env = { TMPDIR: temporaryFolder() };
  expect(tcblab(['ss', '--json'], { env })).toMatchObject({
    code: 0,
    stdout: '{\n  "version": 1,\n  "runs": []\n}\n',
  });
  expect(tcblab(['ss'], { env }).stderr).toContain('./tcblab run transfer');
});

needs('netns').test(
  "ss lists both ends of a run that is alive, ours and the kernel's, and nothing after it",
  async () => {
    const folder = temporaryFolder();
    const env = { TMPDIR: folder };
    const scenario = join(folder, 'waits.yaml');
    writeFileSync(scenario, SLOW);
    const run = startTcblab(['run', scenario, '--b', 'kernel', '--out', join(folder, 'out')], { env });
    let hosts: Listed['runs'][number]['hosts'] = [];
    for (let turn = 0; turn < 100; turn++) {
      const { runs } = JSON.parse(tcblab(['ss', '--json'], { env }).stdout) as Listed;
      hosts = runs[0]?.hosts ?? [];
      if (hosts[1]?.sockets.some(({ receiveQueue }) => receiveQueue === 5000)) break;
      await sleep(100);
    }
    expect(hosts.map(({ host, implementation }) => [host, implementation])).toEqual([
      ['a', 'reference'],
      ['b', 'kernel'],
    ]);
    expect(hosts[0].sockets.map(({ state }) => state)).toEqual(['ESTABLISHED']);
    expect(hosts[1].sockets.map(({ state, local }) => [state, local])).toContainEqual([
      'ESTABLISHED',
      '10.77.0.2:7000',
    ]);
    const shown = tcblab(['ss'], { env }).stdout;
    expect(shown).toMatch(
      /^host A, our TCP\nState +Recv-Q +Send-Q +Local +Peer +Timer\nESTABLISHED +0 +0 +10\.77\.0\.1:\d+ +10\.77\.0\.2:7000/m,
    );
    expect(shown).toContain("host B, the kernel's TCP");
    run.kill('SIGINT');
    await new Promise((resolve) => run.once('exit', resolve));
    expect(JSON.parse(tcblab(['ss', '--json'], { env }).stdout)).toEqual({ version: 1, runs: [] });
  },
);
