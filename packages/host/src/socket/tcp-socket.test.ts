import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createServer as createHttpServer, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { twoHosts } from '../two-hosts.fixture.ts';
import { connect, type TcpSocket } from './tcp-socket.ts';
import { createServer } from './tcp-server.ts';

let hosts: ReturnType<typeof twoHosts>;
beforeEach(() => void (hosts = twoHosts({ settings: { msl: 10_000 } })));
afterEach(async () => void (await hosts.close()));

/** A connected pair: ours on host a, the one that host b accepted. */
async function pair(allowHalfOpen = false): Promise<[TcpSocket, TcpSocket]> {
  const server = createServer(hosts.b, { allowHalfOpen }).listen(80);
  const near = connect(hosts.a, { host: '10.77.0.2', port: 80, allowHalfOpen });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [TcpSocket],
    unknown,
  ];
  server.close();
  return [near, far];
}

test('a connection knows both ends as a net.Socket does', async () => {
  const [near, far] = await pair();
  expect(near.address()).toEqual({ address: '10.77.0.1', family: 'IPv4', port: near.localPort });
  expect([near.remoteAddress, near.remotePort, near.remoteFamily]).toEqual(['10.77.0.2', 80, 'IPv4']);
  expect([far.remoteAddress, far.remotePort]).toEqual(['10.77.0.1', near.localPort]);
  expect([near.readyState, near.connecting]).toEqual(['open', false]);
});

test('bytes arrive in order and whole, in both directions at once', async () => {
  const [near, far] = await pair();
  const bytes = Buffer.alloc(3_000_000, 'tcblab ');
  const [there, back] = await Promise.all([
    buffer(far),
    buffer(near),
    pipeline(Readable.from([bytes]), near, { end: true }),
    pipeline(Readable.from([bytes.subarray(1)]), far, { end: true }),
  ]);
  expect(hash(there)).toBe(hash(bytes));
  expect(hash(back)).toBe(hash(bytes.subarray(1)));
  expect([near.bytesRead, near.bytesWritten]).toEqual([2_999_999, 3_000_000]);
});

test('a reader that stops closes the window, and the writer is held back', async () => {
  const [near, far] = await pair();
  const chunk = Buffer.alloc(65_536);
  let written = 0;
  while (written < 64 << 20) {
    const room = near.write(chunk);
    written += chunk.length;
    if (!room && !(await Promise.race([once(near, 'drain'), quiet(50)]))) break;
  }
  // Both buffers of the stack and both of the streams are full; far from what was to be written.
  expect(written).toBeLessThan(4 << 20);
  near.end();
  expect((await buffer(far)).length).toBe(written);
});

test('after a half-close the other direction goes on', async () => {
  const [near, far] = await pair(true);
  near.end('question');
  expect(await text(far)).toBe('question');
  expect([near.readyState, far.readyState]).toEqual(['readOnly', 'writeOnly']);
  far.end('answer');
  expect(await text(near)).toBe('answer');
});

test('without allowHalfOpen the end of the peer is our end too', async () => {
  const [near, far] = await pair();
  far.resume();
  near.resume();
  near.end();
  await Promise.all([once(near, 'close'), once(far, 'close')]);
  // The last ACK may still be on its way when both streams are closed.
  await expect.poll(() => hosts.b.stack.connections()).toEqual([]);
});

test('a closed port refuses, with the error that Node gives', async () => {
  const socket = connect(hosts.a, { host: '10.77.0.2', port: 9 });
  const [error] = await once(socket, 'error');
  expect({ ...error, message: error.message }).toEqual({
    message: 'connect ECONNREFUSED 10.77.0.2:9',
    code: 'ECONNREFUSED',
    errno: -111,
    syscall: 'connect',
    address: '10.77.0.2',
    port: 9,
  });
});

test('a reset by the peer is an error of reading', async () => {
  const [near, far] = await pair();
  far.resetAndDestroy();
  const [error] = await once(near, 'error');
  expect({ ...error, message: error.message }).toEqual({
    message: 'read ECONNRESET',
    code: 'ECONNRESET',
    errno: -104,
    syscall: 'read',
  });
});

test('whoever destroys a connection with bytes unread resets it', async () => {
  const [near, far] = await pair();
  near.write('nobody reads this');
  await once(far, 'readable');
  near.write(Buffer.alloc(100_000));
  await quiet(20);
  far.destroy();
  const [error] = await once(near, 'error');
  expect(error.code).toBe('ECONNRESET');
});

test('a port in use is an error of the server, as in Node', async () => {
  createServer(hosts.b).listen(80);
  const second = createServer(hosts.b).listen(80);
  const [error] = await once(second, 'error');
  expect(error.message).toBe('listen EADDRINUSE 10.77.0.2:80');
});

test('a silent connection times out, and lives on', async () => {
  const [near, far] = await pair();
  near.setTimeout(20);
  await once(near, 'timeout');
  far.write('still here');
  expect(String((await once(near, 'data'))[0])).toBe('still here');
});

test("Node's http server and client speak over it, with keep-alive and a large body", async () => {
  const http = createHttpServer((incoming, outgoing) => {
    buffer(incoming).then(
      (body) => outgoing.setHeader('x-length', body.length).end(body),
      () => outgoing.destroy(),
    );
  });
  const server = createServer(hosts.b, { allowHalfOpen: true }, (socket) =>
    http.emit('connection', socket),
  ).listen(80);
  const body = Buffer.alloc(500_000, 'http over tcblab ');
  const options = { method: 'POST', host: '10.77.0.2', path: '/', createConnection: dial };
  for (let turn = 0; turn < 2; turn++) {
    const outgoing = request(options);
    outgoing.end(body);
    const [incoming] = await once(outgoing, 'response');
    expect(incoming.headers['x-length']).toBe('500000');
    expect(hash(await buffer(incoming))).toBe(hash(body));
  }
  server.close();
  http.close();
});

function dial() {
  return connect(hosts.a, { host: '10.77.0.2', port: 80, allowHalfOpen: true });
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @returns false after so many milliseconds */
function quiet(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false));
}
