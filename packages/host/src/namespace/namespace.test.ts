import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MachineError } from '@tcblab/raw-socket';
import { asNobody, needs } from '@tcblab/test-needs';
import { afterEach, expect } from 'vitest';
import { AF, connect, type KernelSocket, POLL, SOCK } from '../kernel-sockets/index.ts';
import { cleanLeftovers, describeLeftovers } from './leftovers.ts';
import { readLink, readOffloads } from './links.ts';
import type { Namespace } from './namespace.ts';
import { createWire } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

const { test } = needs('netns');
const { test: testAsNobody } = needs('netns-as-nobody');
const runner = fileURLToPath(new URL('../../testing/wire-runner.ts', import.meta.url));

const open: Wire[] = [];
afterEach(() => open.splice(0).forEach((wire) => wire.close()));

async function wireOf(options?: WireOptions): Promise<Wire> {
  const wire = await createWire(options);
  open.push(wire);
  return wire;
}

async function output(namespace: Namespace, command: string, ...args: string[]): Promise<string> {
  const child = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 5000 });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (said += part));
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return said;
}

test('a wire is two namespaces, each with one interface that is up, and nothing else', async () => {
  const wire = await wireOf({ mtu: 1400 });
  const seen = wire.hosts.map(({ namespace }) => readLink(namespace, 'eth0'));
  expect(seen).toMatchObject([
    { mtu: 1400, up: true, running: true },
    { mtu: 1400, up: true, running: true },
  ]);
  for (const { namespace, interfaceName, mac } of wire.hosts) {
    expect(readLink(namespace, interfaceName).mac).toBe(mac);
    const names = await output(namespace, 'cut', '-d:', '-f1', '/proc/net/dev');
    expect(
      names
        .split('\n')
        .slice(2, -1)
        .map((name) => name.trim())
        .sort(),
    ).toEqual(['eth0', 'lo']);
  }
});

test('two wires made at once do not meet', async () => {
  const wires = await Promise.all([wireOf(), wireOf(), wireOf()]);
  const namespaces = wires.flatMap((wire) => wire.hosts.map((host) => host.namespace));
  const identities = namespaces.map(({ netFd }) => readlinkSync(`/proc/self/fd/${netFd}`));
  expect(new Set(identities).size).toBe(6);
  expect(identities).not.toContain(readlinkSync('/proc/self/ns/net'));
});

test('the offloads of a wire are off at both ends', async () => {
  const wire = await wireOf();
  for (const { namespace } of wire.hosts) {
    expect(readOffloads(namespace, 'eth0')).toEqual({
      rxChecksum: false,
      txChecksum: false,
      tcpSegmentation: false,
      genericSegmentation: false,
      genericReceive: false,
    });
  }
});

test('the kernel has an address only where it is asked to, and no IPv6 of its own accord', async () => {
  const wire = await wireOf({ ends: [{}, { addresses: ['10.77.0.2/24'], mac: '02:74:63:62:00:02' }] });
  const [bare, kernel] = wire.hosts;
  expect(kernel.mac).toBe('02:74:63:62:00:02');
  expect(await output(kernel.namespace, 'cat', '/proc/net/fib_trie')).toContain('10.77.0.2');
  expect(await output(bare.namespace, 'cat', '/proc/net/fib_trie')).not.toContain('10.77.0');
  for (const { namespace } of wire.hosts) {
    expect(await output(namespace, 'cat', '/proc/net/if_inet6')).not.toContain('eth0');
  }
});

test('IPv6 is there when asked for, and usable at once', async () => {
  const wire = await wireOf({
    ipv6: true,
    ends: [{ addresses: ['fd00:77::1/64'] }, { addresses: ['fd00:77::2/64'] }],
  });
  const seen = await output(wire.hosts[0].namespace, 'cat', '/proc/net/if_inet6');
  // Index, prefix length, scope, flags: 0x82 is permanent and without duplicate address detection, not tentative.
  expect(seen).toMatch(/^fd000077000000000000000000000001 \w+ 40 00 82 +eth0$/m);
});

test('a middlebox stands between two hosts, and nothing passes but what it carries', async () => {
  const wire = await wireOf({
    middlebox: true,
    ends: [{ addresses: ['10.77.0.1/24'] }, { addresses: ['10.77.0.2/24'] }],
  });
  const { namespace, interfaceNames } = wire.middlebox ?? expect.unreachable();
  const [near, far] = interfaceNames.map((name) => packetSocket(namespace, name));
  const carried: number[] = [];
  const carry = async (from: KernelSocket, to: KernelSocket) => {
    const frame = new Uint8Array(2000);
    while ((await from.ready(POLL.IN)).errno === undefined) {
      const { value: length } = from.read(frame);
      if (length === undefined) continue;
      carried.push(length);
      to.write(frame.subarray(0, length));
    }
  };
  const server = { family: 'ipv4', address: '10.77.0.2', port: 80 } as const;
  const client = wire.hosts[0].namespace.socket(AF.INET, SOCK.STREAM);
  const listener = wire.hosts[1].namespace.socket(AF.INET, SOCK.STREAM);
  try {
    listener.bind(server);
    listener.listen(1);
    const connecting = connect(client, server, AbortSignal.timeout(5000));
    // The client asks for the server's MAC; nobody hears it but the middle.
    expect(await near.ready(POLL.IN)).toEqual({ value: POLL.IN });
    expect(readLink(wire.hosts[1].namespace, 'eth0').running).toBe(true);
    expect(listener.accept()).toEqual({ errno: 'EAGAIN' });
    const carriers = [carry(near, far), carry(far, near)];
    expect(await connecting).toEqual({ value: 0 });
    expect(carried.length).toBeGreaterThanOrEqual(4);
    near.close();
    far.close();
    await Promise.all(carriers);
  } finally {
    for (const socket of [near, far, client, listener]) socket.close();
  }
});

test('settings belong to one namespace and leave the machine alone', async () => {
  const setting = 'net.ipv4.tcp_syn_retries';
  const machine = () => readFileSync('/proc/sys/net/ipv4/tcp_syn_retries', 'latin1').trim();
  const before = machine();
  const wire = await wireOf({ ends: [{ settings: { [setting]: '3' } }, {}] });
  const [first, second] = wire.hosts;
  expect(first.namespace.readSetting(setting)).toBe('3');
  expect(second.namespace.readSetting(setting)).not.toBe('3');
  expect(first.namespace.readSetting('net.ipv4.tcp_congestion_control')).toBe('reno');
  expect(machine()).toBe(before);
});

test('a setting that the kernel lacks or refuses is an error that says so', async () => {
  const [{ namespace }] = (await wireOf()).hosts;
  expect(() => namespace.readSetting('net.ipv4.tcp_no_such_thing')).toThrow(
    expect.objectContaining({ code: 'ENOENT', tried: 'read net.ipv4.tcp_no_such_thing' }),
  );
  expect(() => namespace.writeSetting('net.ipv4.tcp_congestion_control', 'no-such')).toThrow(MachineError);
});

test('a failed wire lets go of everything it had made', async () => {
  const before = readdirSync('/proc/self/fd').length;
  await expect(createWire({ mtu: 10 })).rejects.toThrow(/veth pair .*MTU 10/);
  await expect(createWire({ congestionControl: 'no-such' })).rejects.toThrow(
    expect.objectContaining({ remedy: 'sudo modprobe tcp_no-such' }),
  );
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});

test('a program in a namespace gets its arguments, environment and pipes, and gives its exit code', async () => {
  const [{ namespace }] = (await wireOf()).hosts;
  const child = namespace.spawn('sh', ['-c', 'read line; echo "$line $GREETING $1"; exit 7', 'sh', 'a b'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, GREETING: 'hello' },
  });
  child.stdin?.end('from outside\n');
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (said += part));
  expect(await once(child, 'close')).toEqual([7, null]);
  expect(said).toBe('from outside hello a b\n');
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`when the runner is ended by ${signal}, its programs and namespaces are gone`, async () => {
    const held = await startRunner([process.execPath, runner]);
    held.process.kill(signal);
    await once(held.process, 'exit');
    await expectGone(held);
  });
}

test('when the runner ends by itself, its programs and namespaces are gone', async () => {
  const held = await startRunner([process.execPath, runner]);
  held.process.stdin?.end();
  await once(held.process, 'exit');
  await expectGone(held);
});

testAsNobody('a plain user has wires too, and leaves nothing behind either', async () => {
  const held = await startRunner([...asNobody(), process.execPath, runner]);
  expect(held.as).toBe('user');
  held.process.kill('SIGKILL');
  await once(held.process, 'exit');
  await expectGone(held);
});

test('a program that outlived its runner is found by its mark, and ended', async () => {
  // A grandchild: the kernel ends only what the runner itself started.
  const held = await startRunner([process.execPath, runner, 'with-grandchild']);
  const [grandchild] = held.grandchildren;
  expect(describeLeftovers()).not.toContainEqual(expect.objectContaining({ pid: grandchild }));
  held.process.kill('SIGKILL');
  await once(held.process, 'exit');
  await until(() => describeLeftovers().some(({ pid }) => pid === grandchild));
  const { ended, remaining } = await cleanLeftovers();
  expect(ended).toContainEqual({ pid: grandchild, command: 'sleep 1000', runner: held.process.pid });
  expect(remaining).toEqual([]);
  await expectGone(held);
});

/** A packet socket that hears every frame that comes in on an interface. */
function packetSocket(namespace: Namespace, interfaceName: string): KernelSocket {
  const socket = namespace.socket(AF.PACKET, SOCK.RAW, 0);
  const { index } = readLink(namespace, interfaceName);
  const solPacket = 263;
  const membership = Int32Array.of(index, 1, 0, 0); // promiscuous
  expect(socket.setOption(solPacket, 1, new Uint8Array(membership.buffer))).toEqual({ value: 0 });
  expect(socket.setIntOption(solPacket, 23, 1)).toEqual({ value: 0 }); // not what we send ourselves
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF.PACKET, true);
  address.setUint16(2, 3); // every protocol
  address.setInt32(4, index, true);
  expect(socket.bind(new Uint8Array(address.buffer))).toEqual({ value: 0 });
  return socket;
}

interface Held {
  process: ChildProcess;
  as: string;
  programs: number[];
  grandchildren: number[];
  namespaces: string[];
}

/** A runner with a wire and a program at each end; it tells what it holds, as a line of JSON. */
async function startRunner([command = '', ...args]: string[]): Promise<Held> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  const held: Held = { process: child, ...JSON.parse(String(line)) };
  const inUse = namespacesInUse();
  expect(held.namespaces.filter((namespace) => !inUse.has(namespace))).toEqual([]);
  return held;
}

async function expectGone(held: Held): Promise<void> {
  await until(() => [...held.programs, ...held.grandchildren].every((pid) => !isAlive(pid)));
  await until(() => {
    const left = namespacesInUse();
    return held.namespaces.every((namespace) => !left.has(namespace));
  });
}

function isAlive(pid: number): boolean {
  try {
    // A zombie waits for its parent to look; it runs no more.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Every namespace that some process is in or holds open. */
function namespacesInUse(): Set<string> {
  const running = readdirSync('/proc').map(Number).filter(isAlive);
  const links = running.map((pid) => `/proc/${pid}/ns/net /proc/${pid}/ns/user /proc/${pid}/fd/*`);
  // One of them may end while we look: what can be read is what there is.
  const read = spawnSync('sh', ['-c', `readlink ${links.join(' ')}`], { encoding: 'latin1' });
  return new Set(read.stdout.split('\n'));
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`not within 5 s: ${condition.toString()}`);
    await sleep(10);
  }
}
