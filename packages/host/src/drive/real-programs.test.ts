import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { has, needs } from '@tcblab/test-needs';
import { DIRECTION_MASK, INBOUND, readCapture } from '@tcblab/capture';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { HostTask } from '../../testing/host.ts';
import { createWire, type Wire } from '../namespace/index.ts';

/**
 * Our host is 10.77.0.1 on one end of a veth pair; programs that use the kernel's TCP run on the other, as 10.77.0.2. With
 * IPv6 they are fd00:77::1 and fd00:77::2.
 */
let wire: Wire;
let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tcblab-real-'));
  children = [];
  wire = await createWire({ ends: [{}, { addresses: ['10.77.0.2/24', 'fd00:77::2/64'] }] });
});

afterEach(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(children.map(exitCode));
  wire.close();
  rmSync(folder, { recursive: true });
});

/** Start our host, and wait until it is on the wire. */
async function ourHost(task: HostTask) {
  const capture = join(folder, 'host-a.pcapng');
  const script = join(import.meta.dirname, '../../testing/host.ts');
  const args = ['--conditions=source', script, JSON.stringify({ capture, ...task })];
  const child = wire.hosts[0].namespace.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return {
    capture,
    lines,
    /** The next thing that it tells. */
    async told() {
      return JSON.parse((await lines.next()).value ?? 'null');
    },
    async connections(): Promise<{ local: string; remote: string; state: string }[]> {
      stdin.write('\n');
      return (await this.told()).connections;
    },
    async finish() {
      stdin.end();
      await once(child, 'exit');
      if (has('tshark') && has('capinfos')) expectReadsClean(capture);
    },
  };
}

/** Run a program at the kernel's end. */
function run(command: string, ...args: string[]) {
  return runAt(1, command, ...args);
}

async function runAt(index: 0 | 1, command: string, ...args: string[]) {
  const child = wire.hosts[index].namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  return { out, err, code: await exitCode(child) };
}

/** Start a program there that goes on, once it listens on a port. */
async function background(port: number, command: string, ...args: string[]): Promise<ChildProcess> {
  const child = wire.hosts[1].namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  for (let turn = 0; turn < 200; turn++) {
    const { out } = await run('cat', '/proc/net/tcp', '/proc/net/tcp6');
    // Port in hex, state 0A: LISTEN.
    if (new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A`).test(out)) return child;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${command} does not listen on port ${port}`);
}

describe('over IPv6', () => {
  const linkLocal = 'fe80::74:63ff:fe62:1%eth0';

  needs('netns', 'ping').test('ping is answered at every address of ours', async () => {
    const host = await ourHost({ does: 'http-server', port: 80, octets: 1, ipv6: true });
    for (const address of ['fd00:77::1', linkLocal, 'ff02::1%eth0']) {
      const { out, code } = await run('ping', '-6', '-n', '-c', '3', '-i', '0.2', '-w', '10', address);
      expect({ code, answered: out.includes('3 received') }, out).toEqual({ code: 0, answered: true });
    }
    await host.finish();
  });

  needs('netns', 'curl').test('curl fetches a file from every address of ours', async () => {
    const host = await ourHost({ does: 'http-server', port: 80, octets: 3_000_000, ipv6: true });
    for (const address of ['fd00:77::1', linkLocal, '10.77.0.1']) {
      const name = address.includes(':') ? `[${address}]` : address;
      const fetched = join(folder, 'fetched');
      const { code, err } = await run('curl', '-sSfg', '--max-time', '20', '-o', fetched, `http://${name}/`);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(readFileSync(fetched).length).toBe(3_000_000);
    }
    await host.finish();
  });

  needs('netns', 'python3').test("our client fetches a file from python3's http.server", async () => {
    const body = Buffer.alloc(2_000_000, 'served by python ');
    writeFileSync(join(folder, 'index.html'), body);
    const words = ['-m', 'http.server', '8000', '--bind', '::', '--directory', folder];
    await background(8000, 'python3', ...words);
    const host = await ourHost({ does: 'http-client', port: 8000, ipv6: true });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await host.told()).toEqual({ status: 200, sha256 });
    await host.finish();
  });
});

describe('programs of the kernel speak to our stack', () => {
  needs('netns', 'curl').test('curl fetches a file from a Node http server on our TCP', async () => {
    const host = await ourHost({ does: 'http-server', port: 80, octets: 3_000_000 });
    const path = join(folder, 'fetched');
    const { code } = await run(
      'curl',
      '--silent',
      '--fail',
      '--max-time',
      '20',
      '-o',
      path,
      'http://10.77.0.1/',
    );
    expect(code).toBe(0);
    expect(readFileSync(path).length).toBe(3_000_000);
    await host.finish();
  });

  needs('netns', 'python3').test("our client fetches a file from python3's http.server", async () => {
    const body = Buffer.alloc(2_000_000, 'served by python ');
    writeFileSync(join(folder, 'index.html'), body);
    await background(8000, 'python3', '-m', 'http.server', '8000', '--directory', folder);
    const host = await ourHost({ does: 'http-client', port: 8000 });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await host.told()).toEqual({ status: 200, sha256 });
    await host.finish();
  });

  needs('netns', 'socat').test('socat closes its half, and still hears our answer', async () => {
    const host = await ourHost({ does: 'answer-hash', port: 7000 });
    const question = join(folder, 'question');
    writeFileSync(question, 'what is the hash of this?');
    // -t: how long socat waits for the other half when the first is through.
    const { out } = await run('sh', '-c', `socat -t 10 - TCP:10.77.0.1:7000 < ${question}`);
    expect(out).toBe(createHash('sha256').update('what is the hash of this?').digest('hex'));
    await host.finish();
  });

  needs('netns', 'ping').test('ping is answered', async () => {
    const host = await ourHost({ does: 'answer-hash', port: 7000 });
    // With a deadline, ping ends when it has three answers, however late a busy machine lets them be.
    const { out, code } = await run('ping', '-c', '3', '-i', '0.2', '-w', '10', '10.77.0.1');
    expect(out).toContain(' 3 received');
    expect(code).toBe(0);
    await host.finish();
  });

  needs('netns', 'socat').test('a connection to a closed port of ours is refused', async () => {
    const host = await ourHost({ does: 'answer-hash', port: 7000 });
    const { err, code } = await run('socat', '-u', 'OPEN:/dev/null', 'TCP:10.77.0.1:7001');
    expect(err).toContain('Connection refused');
    expect(code).toBe(1);
    await host.finish();
  });

  needs('netns').test('a connection of ours to a closed port of the kernel is refused', async () => {
    const host = await ourHost({ does: 'connect', port: 7001 });
    expect(await host.told()).toEqual({ error: 'connect ECONNREFUSED 10.77.0.2:7001' });
    await host.finish();
  });

  needs('netns', 'nmap').test('a SYN scan finds the open port and leaves no TCB behind', async () => {
    const host = await ourHost({ does: 'answer-hash', port: 7000 });
    const { out, err } = await run(
      'nmap',
      '-sS',
      '-Pn',
      '-n',
      '--max-retries',
      '3',
      '-p',
      '6990-7010',
      '10.77.0.1',
    );
    expect(out + err).toMatch(/7000\/tcp\s+open/);
    expect(out.match(/\/tcp +closed/g)).toHaveLength(20);
    expect(await host.connections()).toMatchObject([{ local: '10.77.0.1:7000', state: 'LISTEN' }]);
    await host.finish();
  });
});

describe('bulk between our stack and the kernel', () => {
  const clean = { octets: 64 << 20 };
  const bad = { octets: 8 << 20, impairment: { loss: 0.005, reorder: 0.01, duplicate: 0.005 } };
  const { test } = needs('netns', 'socat');

  test.for([
    { name: '64 MiB arrive whole at the kernel', task: clean },
    { name: '8 MiB arrive whole at the kernel over a wire that loses, reorders and duplicates', task: bad },
  ])('$name', { timeout: 120_000 }, async ({ task }) => {
    const sink = await background(5001, 'sh', '-c', 'socat -u TCP-LISTEN:5001 STDOUT | sha256sum');
    const host = await ourHost({ does: 'send', port: 5001, ...task });
    const sent = await untilDone(host);
    const received = sink.stdout === null ? '' : (await text(sink.stdout)).split(' ')[0];
    expect(received).toBe(sent.sha256);
    await host.finish();
  });

  test.for([
    { name: '64 MiB of the kernel arrive whole', task: clean },
    { name: '8 MiB of the kernel arrive whole over a wire that loses, reorders and duplicates', task: bad },
  ])('$name', { timeout: 120_000 }, async ({ task }) => {
    const file = join(folder, 'bytes');
    const bytes = Buffer.alloc(task.octets, 'sent by the kernel, ').map(
      (octet, index) => octet ^ (index >> 8),
    );
    writeFileSync(file, bytes);
    await background(5001, 'socat', '-u', `OPEN:${file}`, 'TCP-LISTEN:5001');
    const host = await ourHost({ does: 'receive', port: 5001, ...task });
    const received = await untilDone(host);
    expect(received.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    await host.finish();
  });

  /** Progress must be told at least every five seconds, up to the end. */
  async function untilDone(host: Awaited<ReturnType<typeof ourHost>>): Promise<{ sha256: string }> {
    for (;;) {
      const told = await Promise.race([host.told(), lapse(5000)]);
      if (told.done === true) return told;
      expect(told.octets).toBeGreaterThan(0);
    }
  }
});

describe('the kernel under our host', () => {
  needs('netns', 'curl', 'nft').test('says nothing, though no firewall rule forbids it', async () => {
    const host = await ourHost({ does: 'http-server', port: 80, octets: 10_000 });
    await run('curl', '--silent', '--max-time', '20', '-o', '/dev/null', 'http://10.77.0.1/');
    await run('curl', '--silent', '--max-time', '20', 'http://10.77.0.1:81/');
    const { out } = await runAt(0, 'cat', '/proc/net/snmp');
    const told = (group: string) => out.split('\n').filter((line) => line.startsWith(`${group}:`));
    const value = (group: string, name: string) => {
      const [names, values] = told(group).map((line) => line.split(' '));
      return Number(values[names.indexOf(name)]);
    };
    expect([value('Tcp', 'OutSegs'), value('Tcp', 'OutRsts'), value('Icmp', 'OutMsgs')]).toEqual([0, 0, 0]);
    expect((await runAt(0, 'nft', 'list', 'ruleset')).out).toBe('');
    await host.finish();
    // Nor did the other kernel see anything that it had to reset.
    const { packets } = readCapture(readFileSync(host.capture));
    const resets = packets.filter(
      ({ bytes, flags }) => isReset(bytes) && (flags & DIRECTION_MASK) === INBOUND,
    );
    expect(resets).toEqual([]);
  });
});

describe('captures of ours', () => {
  needs('netns', 'curl', 'tshark', 'capinfos').test('read clean, with every octet in them', async () => {
    const host = await ourHost({ does: 'http-server', port: 80, octets: 400_000 });
    await run('curl', '--silent', '--max-time', '20', '-o', '/dev/null', 'http://10.77.0.1/');
    await host.finish();
    const good = ['-Y', 'tcp.checksum.status == 1', '-T', 'fields', '-e', 'tcp.len'];
    const lengths = tshark(host.capture, good).trim().split('\n').map(Number);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(400_000);
  });
});

/** What Wireshark's tools say against a capture: nothing. */
function expectReadsClean(capture: string): void {
  // Linux writes a TCP checksum of 0 as 0xffff, which sums up as well; tshark wants 0. RFC 1624 §3.
  const kernels = '(ip.src != 10.77.0.1 and tcp.checksum == 0xffff)';
  const wrong = ['tcp', 'ip', 'icmp'].map(
    (layer) => `(${layer} and not ${layer}.checksum.status == 1 and not ${kernels})`,
  );
  const foul = ['_ws.malformed', '_ws.expert.severity == error', ...wrong].join(' or ');
  expect(tshark(capture, ['-Y', foul])).toBe('');
  const about = spawnSync('capinfos', [capture], { encoding: 'utf8' });
  expect({ status: about.status, stderr: about.stderr }).toEqual({ status: 0, stderr: '' });
  expect(about.stdout).toContain('Wireshark/... - pcapng');
  expect(about.stdout).toContain('host-a:eth0');
}

function tshark(capture: string, words: readonly string[]): string {
  const checked = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
  // Left to guess, tshark takes some random octets for a protocol and finds fault with them.
  const unguessed = ['-d', 'tcp.port==1-65535,data'];
  const options = ['-r', capture, ...checked, ...unguessed, ...words];
  const { status, stdout } = spawnSync('tshark', options, { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

/** Of an IPv4 packet without options. */
function isReset(bytes: Uint8Array): boolean {
  return bytes[12] === 8 && bytes[23] === 6 && (bytes[47] & 4) !== 0;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

function lapse(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(reject, milliseconds, new Error(`nothing was told for ${milliseconds} ms`)).unref();
  });
}
