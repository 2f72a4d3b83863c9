import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptOutcome } from '@tcblab/drill/script';
import { needs } from '@tcblab/test-needs';
import { describe, expect, onTestFinished } from 'vitest';
import { runScriptInChild } from './run-script-in-child.ts';
import { runScriptOnWire, type ScriptSubject } from './run-script-on-wire.ts';

const { test } = needs('netns');

const OPEN = `0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0    setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0    bind(3, ..., ...) = 0
+0    listen(3, 1) = 0
+0.05 < S  0:0(0) win 65535 <mss 1460>
+0    > S. 0:0(0) ack 1 <...>
+0.01 < .  1:1(0) ack 1 win 65535
+0    accept(3, ..., ...) = 4
`;

/** A machine shared with other tests is given time; what is proven here is order and content. */
async function run(text: string, subject: ScriptSubject = 'kernel'): Promise<ScriptOutcome> {
  const options = { text, profile: 'linux', tolerance: 60_000 } as const;
  for (let tries = 1; ; tries++) {
    const outcome = await runScriptOnWire(options, subject, new AbortController().signal);
    if (outcome.verdict !== 'inconclusive' || tries === 4) return outcome;
  }
}

const verdict = async (text: string, subject?: ScriptSubject) => {
  const { verdict: one, reason } = await run(text, subject);
  return one === 'pass' ? one : `${one}: ${reason}`;
};

const subjects: ScriptSubject[] = ['kernel', 'reference'];

test.for(subjects)('over IPv6 a script runs against the TCP of %s', async (subject) => {
  expect(await verdict(`--ip_version=ipv6\n${OPEN}`, subject)).toBe('pass');
});

describe("the kernel's TCP", () => {
  test('is opened, asked for its state, and closed from both sides at once', async () => {
    const text = `${OPEN}+0    %{ assert tcpi_state == TCP_ESTABLISHED, tcpi_state }%
+0.01 close(4) = 0
+0    > F. 1:1(0) ack 1
+.01  < F. 1:1(0) ack 1 win 65535
+0    > .  2:2(0) ack 2
+0    \`ss -Htan state closing | wc -l | grep -qx 1\`
+.01  < .  2:2(0) ack 2 win 65535
+0    \`ss -Htan state time-wait | wc -l | grep -qx 1\`
`;
    expect(await verdict(text)).toBe('pass');
  });

  test('opens by itself, and a connect that blocks returns when the peer answers', async () => {
    const text = `0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.1 connect(3, ..., ...) = 0
+0    > S  0:0(0) <...>
+.1   < S. 0:0(0) ack 1 win 5840 <mss 1460>
+0    > .  1:1(0) ack 1
`;
    expect(await verdict(text)).toBe('pass');
  });

  test('every call and option answers as Linux does', async () => {
    const text = `${OPEN}+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0
+0 setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [7], 4) = 0
+0 getsockopt(4, SOL_TCP, TCP_KEEPIDLE, [7], [4]) = 0
+0 setsockopt(4, SOL_TCP, TCP_USER_TIMEOUT, [3000], 4) = 0
+0 getsockopt(4, SOL_TCP, TCP_USER_TIMEOUT, [3000], [4]) = 0
+0 setsockopt(4, SOL_TCP, TCP_CONGESTION, "reno", 4) = 0
+0 getsockopt(4, SOL_TCP, TCP_CONGESTION, "reno", [4]) = 0
+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
+0 fcntl(4, F_GETFL) = 0x2 (flags O_RDWR)
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 read(4, ..., 100) = -1 EAGAIN (Resource temporarily unavailable)
+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
+0 write(4, ..., 100) = 100
+0 > P. 1:101(100) ack 1
+0 ioctl(4, SIOCOUTQ, [100]) = 0
+.01 < P. 1:11(10) ack 101 win 65535
+.0~+.1 > . 101:101(0) ack 11
+0 ioctl(4, SIOCINQ, [10]) = 0
+0 recv(4, ..., 4, MSG_PEEK) = 4
+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10
+0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 20}], msg_flags=0}, 0) = 20
+0 > P. 101:121(20) ack 11
+0 close(4) = 0
+0 > R. 121:121(0) ack 11
`;
    expect(await verdict(text)).toBe('pass');
  });

  test('a blocking read waits for what comes, and a poll for its timeout', async () => {
    const text = `${OPEN}+0...0.05 read(4, ..., 100) = 10
+.05 < P. 1:11(10) ack 1 win 65535
+.0~+.1 > . 1:1(0) ack 11
+0...0.1 poll([{fd=4, events=POLLIN, revents=0}], 1, 100) = 0
`;
    expect(await verdict(text)).toBe('pass');
  });

  test('a packet that is not as the script says fails with its line, and the ladder', async () => {
    const { verdict: one, at, packets, packet } = await run(OPEN.replace('ack 1 <...>', 'ack 2 <...>'));
    expect([one, at?.line, packet]).toEqual(['fail', 6, 2]);
    expect(packets.map(({ direction }) => direction)).toEqual(['in', 'out']);
  });

  test('silence where a packet is expected fails', async () => {
    expect(await verdict(`${OPEN}+.1 > . 1:1(0) ack 1\n`)).toContain('nothing was sent');
  });

  test('a setting is the namespace’s own; what this kernel lacks makes the script unsupported', async () => {
    const marked = `${OPEN.replace('<mss 1460>', '<mss 1460,sackOK>')}`;
    const text = `\`sysctl -q net.ipv4.tcp_sack=0\`\n${marked.replace('<...>', '<mss 1460>')}`;
    expect(await verdict(text)).toBe('pass');
    expect(await verdict(text.replace('=0', '=1'))).toContain('fail');
    expect(await verdict(text.replace('net.ipv4.tcp_sack', 'tcblab.sack'))).toBe('pass');
    expect(await verdict(text.replace('net.ipv4.tcp_sack', 'tcblab.sack').replace('=0', '=1'))).toContain(
      'fail',
    );
    expect(await verdict(`\`sysctl -w net.inet.tcp.msl=5\`\n${OPEN}`)).toBe(
      'unsupported: net.inet.tcp.msl=5 is refused: ENOENT',
    );
    expect(await verdict(`\`sysctl -w kernel.hostname=x\`\n${OPEN}`)).toContain('unsupported');
  });

  test('tcpdrop resets a connection, and a close that lingers waits for the peer', async () => {
    expect(await verdict(`${OPEN}+0 \`tcpdrop -a\`\n+0 > R. 1:1(0) ack 1\n`)).toBe('pass');
    const lingers = `${OPEN}+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0
+0...0.1 close(4) = 0
+0   > F. 1:1(0) ack 1
+.1  < .  1:1(0) ack 2 win 65535
`;
    expect(await verdict(lingers)).toBe('pass');
  });
});

describe('other TCPs on the same wire', () => {
  test('ours passes what it passes in memory, and is judged by the same lines', async () => {
    const text = `${OPEN}+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+1~+1.1 > P. 1:101(100) ack 1\n`;
    expect(await verdict(text.replace('+1~+1.1', '+.2~+.3'), 'reference')).toBe('pass');
    expect(await verdict(`${OPEN}+0 > . 1:1(0) ack 1\n`, 'reference')).toContain('line 9');
  });

  test('a program that speaks the child protocol is judged in virtual and in real time', async () => {
    const program = programOf(`
      import { ChildSession, createInProcessSut } from '@tcblab/drill/sut';
      import { scriptCalls } from '@tcblab/drill/script';
      const create = (configuration) => createInProcessSut({ configuration, calls: scriptCalls });
      const session = new ChildSession('mine', create);
      process.stdin.on('data', (bytes) => {
        for (const reply of session.onBytes(bytes)) process.stdout.write(reply);
      });`);
    expect(await runScriptInChild({ text: OPEN }, { program })).toMatchObject({ verdict: 'pass' });
    expect(await verdict(OPEN, { program })).toBe('pass');
    const wrong = await runScriptInChild({ text: OPEN.replace('ack 1 <', 'ack 2 <') }, { program });
    expect([wrong.verdict, wrong.at?.line]).toEqual(['fail', 6]);
  });

  test('a program that dies, or says what the protocol does not know, is named', async () => {
    const dies = programOf(`console.error('out of luck'); process.exit(1);`);
    await expect(runScriptInChild({ text: OPEN }, { program: dies })).rejects.toThrow(
      'the child ended before it said welcome; it printed: out of luck',
    );
    const prints = programOf(`console.log('hello, world'); setInterval(() => {}, 1000);`);
    await expect(runScriptInChild({ text: OPEN }, { program: prints })).rejects.toThrow(
      /message|payload|longer/,
    );
    const later = programOf(`
      process.stdin.once('data', () => {
        process.stdout.write(Buffer.from('00000007810001046d696e65', 'hex'));
        process.stdin.once('data', () => process.exit(3));
      });`);
    expect(await runScriptInChild({ text: OPEN }, { program: later })).toMatchObject({
      verdict: 'fail',
      actual: 'it threw: the child ended with a request unanswered',
    });
  });

  test('a run that is interrupted says nothing of the stack', async () => {
    const stop = AbortSignal.timeout(150);
    const outcome = await runScriptOnWire({ text: `${OPEN}+50 close(4) = 0\n` }, 'kernel', stop);
    expect(outcome.verdict).toBe('inconclusive');
  });
});

/** A program of its own that Node runs, where this repository's packages can be found. */
function programOf(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-sut-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'program');
  writeFileSync(join(folder, 'main.mjs'), source);
  const command = `exec '${process.execPath}' --conditions=source --input-type=module -e "$(cat '${folder}/main.mjs')"`;
  writeFileSync(program, `#!/bin/sh\ncd '${import.meta.dirname}'\n${command}\n`);
  chmodSync(program, 0o755);
  return program;
}
