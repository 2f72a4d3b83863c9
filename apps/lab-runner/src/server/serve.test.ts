import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readTrace } from '@tcblab/capture';
import { needs } from '@tcblab/test-needs';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { tcblab } from '../command.fixture.ts';
import { eventsOf, ServedLab, type Event } from './server.fixture.ts';

// Each verb is a Node of its own, and a busy machine takes seconds to start one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let lab: ServedLab;
beforeAll(async () => {
  lab = await ServedLab.open();
});
afterAll(() => lab.close());

const onWire = needs('netns');

/** Records of a trace file as a stream should send them. */
function textsOf(lab: ServedLab, id: string): string[] {
  const text = readFileSync(join(lab.store, id, 'trace.sqlog'), 'utf8');
  expect(readTrace(text).faults).toEqual([]);
  return text
    .split('\x1e')
    .slice(1)
    .map((one) => one.trimEnd());
}

function expectWhole(events: readonly Event[], texts: readonly string[], from = 0): void {
  const records = events.filter(({ name }) => name === 'header' || name === 'message');
  expect(records.map(({ id }) => Number(id))).toEqual(texts.slice(from).map((_, index) => from + index));
  expect(records.map(({ data }) => data)).toEqual(texts.slice(from));
  expect(events.at(-1)?.name).toBe('end');
}

test('a run is started, told of, fetched in ranges and compared over the API', async () => {
  const [one, other] = [
    await lab.start({ scenario: 'handshake', bench: 'virtual', seed: 7 }),
    await lab.start({ scenario: 'handshake', bench: 'virtual', seed: 7, loss: 0.3 }),
  ];
  expect(await lab.ended(one)).toMatchObject({
    state: 'finished',
    verdict: 'pass',
    seed: 7,
    bench: 'virtual',
  });
  await lab.ended(other);
  const whole = readFileSync(join(lab.store, one, 'host-a.pcapng'));
  const path = `/api/runs/${one}/files/host-a.pcapng`;
  const part = await lab.ask(path, { as: 'viewer', headers: { range: 'bytes=10-19' } });
  expect(part).toMatchObject({ status: 206, text: whole.subarray(10, 20).toString('latin1') });
  expect(part.headers['content-range']).toBe(`bytes 10-19/${whole.length}`);
  const past = await lab.ask(path, { as: 'viewer', headers: { range: `bytes=${whole.length}-` } });
  expect(past.status).toBe(416);
  const all = await lab.ask(path, { as: 'viewer' });
  expect(Buffer.from(all.text, 'latin1').equals(whole)).toBe(true);

  const same = await lab.ask(`/api/runs/${one}/diff/${one}`, { as: 'viewer' });
  expect(JSON.parse(same.text)).toEqual({ divergence: null });
  const differs = await lab.ask(`/api/runs/${one}/diff/${other}`, { as: 'viewer' });
  expect(JSON.parse(differs.text).divergence.rows[1].text).toContain('(lost)');
  const said = tcblab(['diff', join(lab.store, one), join(lab.store, other)]);
  expect(said).toMatchObject({ code: 1 });
  expect(said.stdout).toContain('(lost)');
  expect(tcblab(['diff', join(lab.store, one), join(lab.store, one)])).toMatchObject({ code: 0 });
});

test('the OpenAPI document holds every path, and the schema that checks what starts a run', async () => {
  const { text } = await lab.ask('/api/openapi.json', { as: 'viewer' });
  const document = JSON.parse(text);
  expect(document.openapi).toBe('3.1.0');
  const body = document.paths['/api/runs'].post.requestBody.content['application/json'].schema;
  for (const bench of body.properties.bench.enum as string[]) expect(['virtual', 'netns']).toContain(bench);
  const wrong = await lab.ask('/api/runs', {
    method: 'POST',
    as: 'staff',
    body: JSON.stringify({ scenario: body.properties.scenario.enum[0], bench: 'moon' }),
  });
  expect(wrong.status).toBe(400);
  for (const path of Object.keys(document.paths)) {
    const asked = path.replaceAll(/\{\w+\}/g, 'nothing');
    if ('get' in document.paths[path]) expect((await lab.ask(asked)).status, asked).toBe(401);
  }
});

onWire.test(
  '200 viewers of a live run get each record once and in order, beside one that reads nothing',
  async () => {
    const id = await lab.start({ scenario: 'handshake', seed: 3, delay: 250_000 });
    const stuck = connect(lab.port, '127.0.0.1');
    const head = `Host: 127.0.0.1:${lab.port}\r\nAuthorization: Bearer ${lab.tokens.viewer}`;
    stuck.on('error', () => {});
    stuck.write(`GET /api/runs/${id}/trace HTTP/1.1\r\n${head}\r\n\r\n`);
    stuck.pause();
    const viewers = await Promise.all(
      Array.from({ length: 200 }, () => lab.ask(`/api/runs/${id}/trace`, { as: 'viewer' })),
    );
    stuck.destroy();
    const texts = textsOf(lab, id);
    expect(texts.length).toBeGreaterThan(30);
    for (const { status, text } of viewers) {
      expect(status).toBe(200);
      expectWhole(eventsOf(text), texts);
    }
    expect(await lab.ended(id)).toMatchObject({ verdict: 'pass' });
  },
  90_000,
);

test('who comes back with the id of the last record gets what follows it, and nothing again', async () => {
  const id = await lab.start({ scenario: 'transfer', bench: 'virtual', seed: 3 });
  await lab.ended(id);
  const texts = textsOf(lab, id);
  for (const last of [0, 1, 255, 256, texts.length - 2, texts.length - 1, texts.length + 5]) {
    const headers = { 'last-event-id': String(last) };
    const { text } = await lab.ask(`/api/runs/${id}/trace`, { as: 'viewer', headers });
    expectWhole(eventsOf(text), texts, Math.min(last + 1, texts.length));
  }
});

onWire.test('a run is cancelled, and what it had is kept', async () => {
  const id = await lab.start({ scenario: 'transfer', seed: 3, delay: 2_000_000 });
  const cancel = { method: 'POST', as: 'student' } as const;
  while (!(await lab.ask(`/api/runs/${id}`, { as: 'viewer' })).text.includes('agents')) await pause();
  expect((await lab.ask(`/api/runs/${id}/cancel`, cancel)).status).toBe(202);
  expect(await lab.ended(id)).toMatchObject({ state: 'cancelled', verdict: 'inconclusive' });
  expect((await lab.ask(`/api/runs/${id}/cancel`, cancel)).status).toBe(404);
});

test('a server that is killed leaves whole runs, and the next one serves them', async () => {
  const killed = await ServedLab.open();
  const id = await killed.start({ scenario: 'transfer', bench: 'virtual', seed: 3 });
  await killed.kill();
  const next = await ServedLab.open([], killed.store);
  onTestFinished(() => next.close());
  for (let text = ''; !text.includes(id);) {
    await pause();
    ({ text } = await next.ask('/api/runs', { as: 'viewer' }));
  }
  expect(await next.ended(id)).toMatchObject({ state: 'finished', verdict: 'pass' });
});

test('the store is pruned by number, oldest first', async () => {
  const own = await ServedLab.open();
  onTestFinished(() => own.close());
  const ids: string[] = [];
  for (const seed of [1, 2, 3]) {
    const id = await own.start({ scenario: 'handshake', bench: 'virtual', seed });
    await own.ended(id);
    ids.push(id);
  }
  const pruned = tcblab(['store', 'prune', '--keep', '1', '--store', own.store]);
  expect(pruned.stdout).toContain('2 runs');
  const { runs } = JSON.parse((await own.ask('/api/runs', { as: 'viewer' })).text);
  const kept = (runs as { id: string; verdict?: string }[]).filter(({ verdict }) => verdict !== undefined);
  expect(kept.map(({ id }) => id)).toEqual([ids[2]]);
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
