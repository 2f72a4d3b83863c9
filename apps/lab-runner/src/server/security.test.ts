import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { tcblab, temporaryFolder } from '../command.fixture.ts';
import { ServedLab } from './server.fixture.ts';

// Each verb is a Node of its own, and a busy machine takes seconds to start one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let lab: ServedLab;
beforeAll(async () => {
  lab = await ServedLab.open();
});
afterAll(() => lab.close());

const RUN = JSON.stringify({ scenario: 'handshake', bench: 'virtual', seed: 1 });

/** A folder that has all that a run needs to be listed. */
function fakeRun(store: string, id: string): string {
  const folder = join(store, id);
  mkdirSync(folder);
  writeFileSync(join(folder, 'bundle.json'), '{}');
  return folder;
}

test('without a token nothing is told, and a wrong one is as good as none', async () => {
  for (const path of ['/', '/runs', '/api/runs', '/api/openapi.json', '/page/main.js', '/nowhere']) {
    expect((await lab.ask(path)).status, path).toBe(401);
  }
  expect((await lab.ask('/runs?token=wrong')).status).toBe(401);
  expect((await lab.ask('/api/runs', { headers: { authorization: 'Bearer ' } })).status).toBe(401);
  const audit = readFileSync(join(lab.store, '.tcblab-audit.jsonl'), 'utf8');
  expect(audit).toContain('"event":"refused"');
  for (const token of Object.values(lab.tokens)) expect(audit).not.toContain(token);
});

test('the printed link becomes a cookie that scripts cannot read, and leaves the address bar', async () => {
  const first = await lab.ask(`/runs?token=${lab.tokens.viewer}`);
  expect({ status: first.status, to: first.headers.location }).toEqual({ status: 303, to: '/runs' });
  const [cookie] = first.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  const page = await lab.ask('/runs', { headers: { cookie: cookie.split(';')[0] } });
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  const elsewhere = await lab.ask(`//evil.example/?token=${lab.tokens.viewer}`);
  expect(elsewhere.headers.location).toBe('/evil.example/');
});

test('a name that somebody points at this machine is refused, token or not', async () => {
  for (const host of ['evil.example', `evil.example:${lab.port}`, `127.0.0.1:${lab.port + 1}`]) {
    const { status } = await lab.ask('/api/runs', { as: 'staff', headers: { host } });
    expect(status, host).toBe(421);
  }
  const { status } = await lab.ask('/api/runs', { as: 'staff', headers: { host: `localhost:${lab.port}` } });
  expect(status).toBe(200);
});

test("another site's page may neither read nor start anything, also with the cookie", async () => {
  const cookie = `tcblab-${lab.port}=${lab.tokens.staff}`;
  for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${lab.port}.evil.example`]) {
    expect((await lab.ask('/api/runs', { headers: { cookie, origin } })).status, origin).toBe(403);
  }
  const post = { method: 'POST', body: RUN };
  expect((await lab.ask('/api/runs', { ...post, headers: { cookie } })).status).toBe(403);
  const own = await lab.ask('/api/runs', { ...post, headers: { cookie, origin: lab.origin } });
  expect(own.status).toBe(202);
});

test('a viewer may look and not start, a student may start and not delete', async () => {
  const start = { method: 'POST', body: RUN } as const;
  expect((await lab.ask('/api/runs', { ...start, as: 'viewer' })).status).toBe(403);
  expect((await lab.ask('/api/runs', { ...start, as: 'student' })).status).toBe(202);
  fakeRun(lab.store, 'old');
  const remove = { method: 'DELETE' } as const;
  expect((await lab.ask('/api/runs/old', { ...remove, as: 'student' })).status).toBe(403);
  expect(existsSync(join(lab.store, 'old'))).toBe(true);
  expect((await lab.ask('/api/runs/old', { ...remove, as: 'staff' })).status).toBe(204);
  expect(existsSync(join(lab.store, 'old'))).toBe(false);
});

test('no path leads out of the store, and neither does a link in it', async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'secret.txt'), 'SECRET');
  fakeRun(outside, 'run');
  const folder = fakeRun(lab.store, 'honest');
  writeFileSync(join(folder, 'ladder.txt'), 'ladder');
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
  linkSync(join(outside, 'secret.txt'), join(folder, 'hard.txt'));
  symlinkSync(join(outside, 'run'), join(lab.store, 'linked'));
  symlinkSync(outside, join(folder, 'deep'));

  const honest = await lab.ask('/api/runs/honest/files/ladder.txt', { as: 'viewer' });
  expect(honest).toMatchObject({ status: 200, text: 'ladder' });
  for (const path of [
    'honest/files/link.txt',
    'honest/files/hard.txt',
    'honest/files/deep',
    'honest/files/..%2f..%2fsecret.txt',
    'honest/files/%2e%2e',
    'honest/files/.tcblab-audit.jsonl',
    'honest/files/a%00b',
    'linked/files/bundle.json',
    '..%2f/files/secret.txt',
    '%2e%2e/files/secret.txt',
    `${encodeURIComponent(outside)}/files/secret.txt`,
  ]) {
    const { status, text } = await lab.ask(`/api/runs/${path}`, { as: 'staff' });
    expect(status, path).toBe(404);
    expect(text).not.toContain('SECRET');
  }
  expect((await lab.ask('/api/runs/linked', { method: 'DELETE', as: 'staff' })).status).toBe(404);
  expect(existsSync(join(outside, 'run', 'bundle.json'))).toBe(true);
});

test('what is too large, malformed or not in the schema is refused, and the server lives', async () => {
  const post = (body: string) => lab.ask('/api/runs', { method: 'POST', as: 'staff', body });
  expect((await post(`{"scenario":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
  for (const body of [
    '{',
    '[]',
    '{}',
    '{"scenario":"../../etc/passwd"}',
    '{"scenario":"handshake","out":"/tmp/x"}',
    '{"scenario":"handshake","a":"/bin/sh"}',
    '{"scenario":"handshake","loss":2}',
    '{"scenario":"handshake","seed":"1"}',
    '{"scenario":"handshake","__proto__":{"bench":"x"}}',
  ]) {
    expect((await post(body)).status, body).toBe(400);
  }
  expect((await lab.ask('/api/runs', { as: 'viewer' })).status).toBe(200);
});

test('a client that sends drop by drop loses its place', async () => {
  const socket = connect(lab.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: ');
  const drip = setInterval(() => socket.write('x'), 500);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(drip);
  expect((await lab.ask('/api/runs', { as: 'viewer' })).status).toBe(200);
});

test('who guesses tokens is slowed down, and who has one is let in all the same', async () => {
  const tried = await ServedLab.open();
  onTestFinished(() => tried.close());
  const guesses = await Promise.all(
    Array.from({ length: 60 }, (_, index) => tried.ask(`/runs?token=guess${index}`)),
  );
  const statuses = guesses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(20);
  expect((await tried.ask('/api/runs', { as: 'viewer' })).status).toBe(200);
});

test('beyond this machine there is no serving without a token', () => {
  const refused = tcblab(['serve', '--host', '0.0.0.0', '--no-token', '--no-course'], {
    cwd: temporaryFolder(),
  });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('without a token');
});

test('without tokens, on this machine alone, everybody is a viewer', async () => {
  const open = await ServedLab.open(['--no-token']);
  onTestFinished(() => open.close());
  expect((await open.ask('/api/runs')).status).toBe(200);
  expect((await open.ask('/api/runs', { method: 'POST', body: RUN })).status).toBe(403);
  expect((await open.ask('/api/runs', { headers: { host: 'evil.example' } })).status).toBe(421);
});
