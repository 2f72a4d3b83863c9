import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { INBOUND, OUTBOUND, readCapture } from '@tcblab/capture';
import { describeFrame } from '@tcblab/tcp/wire';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { twoHosts } from '../two-hosts.fixture.ts';
import { connect } from '../socket/tcp-socket.ts';
import { createServer } from '../socket/tcp-server.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tcblab-tap-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function shortTalk(hosts: ReturnType<typeof twoHosts>): Promise<void> {
  createServer(hosts.b, {}, (socket) => socket.end('hello').resume()).listen(80);
  const socket = connect(hosts.a, { host: '10.77.0.2', port: 80 });
  await once(socket.resume(), 'close');
  // Only the listener is left.
  await expect.poll(() => hosts.b.stack.connections().length).toBe(1);
}

test('both captures hold the same frames, numbered from 1 and with their directions', async () => {
  const paths = [join(folder, 'a.pcapng'), join(folder, 'b.pcapng')];
  const hosts = twoHosts({
    settings: { msl: 1000 },
    tapA: { capture: paths[0] },
    tapB: { capture: paths[1] },
  });
  await shortTalk(hosts);
  await hosts.close();
  const [a, b] = paths.map((path) => readCapture(readFileSync(path)));
  expect([a.fault, b.fault]).toEqual([null, null]);
  const text = (capture: typeof a) =>
    capture.packets.map(({ bytes }) => describeFrame(bytes, 0, bytes.length)).toSorted();
  expect(text(a)).toEqual(text(b));
  expect(a.packets.map(({ id }) => id)).toEqual(a.packets.map((_, index) => ({ host: 1, frame: index + 1 })));
  expect(new Set(a.packets.map(({ flags }) => flags))).toEqual(new Set([INBOUND, OUTBOUND]));
  const inbound = a.packets.filter(({ flags }) => flags === INBOUND).length;
  expect(a.interfaces[0].statistics).toMatchObject({ received: inbound, dropped: 0, osDropped: 0 });
});

test('records name the frame that they belong to', async () => {
  const records: { name: TraceEvent['name']; frame: number }[] = [];
  const hosts = twoHosts({
    settings: { msl: 1000 },
    tapA: { onRecord: (event, frame) => records.push({ name: event.name, frame }) },
  });
  await shortTalk(hosts);
  await hosts.close();
  const segments = records.filter(({ name }) => name === 'segment_sent' || name === 'segment_received');
  // Frames 1 and 2 are ARP's.
  expect(segments.map(({ frame }) => frame)).toEqual(segments.map((_, index) => index + 3));
});
