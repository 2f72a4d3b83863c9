import { expect, test } from 'vitest';
import { referenceParts, type Tcb } from '@tcblab/tcp';
import { formatLadder } from './outcome.ts';
import { runScript, type RunScriptOptions } from './run-script.ts';

const OPEN = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0.1 < S 0:0(0) win 65535 <mss 1460>
+0 > S. 0:0(0) ack 1 <...>
+0.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

const CONNECT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.2 connect(3, ..., ...) = 0
+0 > S 0:0(0) <...>
+0.2 < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0 > . 1:1(0) ack 1
`;

function outcome(text: string, options: Omit<RunScriptOptions, 'text'> = {}) {
  const { verdict, reason } = runScript({ text, ...options });
  return verdict === 'pass' ? 'pass' : `${verdict}: ${reason}`;
}

/** The outcome of OPEN and these lines. */
const then = (lines: string, options: Omit<RunScriptOptions, 'text'> = {}) => outcome(OPEN + lines, options);

test('a passive and an active open pass, with calls that block', () => {
  expect(then('')).toBe('pass');
  expect(outcome(CONNECT)).toBe('pass');
});

test('the same script gives the same outcome, packets and all', () => {
  expect(runScript({ text: CONNECT })).toEqual(runScript({ text: CONNECT }));
});

test('what is written goes out, and what is injected is read, octet by octet', () => {
  expect(
    then(`+0 write(4, ..., 2000) = 2000
+0 > . 1:1461(1460) ack 1
+0.1 < P. 1:101(100) ack 1461 win 65535
+0 > P. 1461:2001(540) ack 101
+0 read(4, ..., 50) = 50
+0 recv(4, ..., 100, 0) = 50
+0 ioctl(4, SIOCOUTQ, [540]) = 0
`),
  ).toBe('pass');
  expect(then('+0 write(4, "hello", 5) = 5\n+0 > P. 1:6(5) ack 1\n')).toBe('pass');
});

test('numbers go round the ring and are still counted from 0', () => {
  const many = `+0 < . 1:1461(1460) ack 1 win 65535\n+0 < P. 1461:2921(1460) ack 1 win 65535\n+0 > . 1:1(0) ack 2921\n`;
  expect(then(many)).toBe('pass');
});

test.each([
  [
    'another number',
    '+0 write(4, ..., 5) = 5\n+0 > P. 2:7(5) ack 1\n',
    'fail: line 9: expected > P. 2:7(5) ack 1; seen > P. 1:6(5) ack 1 win 65535 (sequence number 1 instead of 2)',
  ],
  ['nothing', '+0 > . 1:1(0) ack 1\n', 'fail: line 8: expected > . 1:1(0) ack 1; seen nothing was sent'],
  [
    'a packet too early',
    '+0 write(4, ..., 5) = 5\n+0.1 > P. 1:6(5) ack 1\n',
    'fail: line 9: expected > P. 1:6(5) ack 1 at 0.3; seen > P. 1:6(5) ack 1 win 65535 at 0.2',
  ],
  ['another result', '+0 write(4, ..., 5) = 6\n', 'fail: line 8: expected write(4, ..., 5) = 6; seen 5'],
  [
    'an error instead of a result',
    '+0 fcntl(4, F_SETFL, O_NONBLOCK) = 0\n+0 read(4, ..., 5) = 5\n',
    'fail: line 9: expected read(4, ..., 5) = 5; seen -1 EAGAIN',
  ],
  [
    'a call that does not return',
    '+0 read(4, ..., 5) = 5\n',
    'fail: line 8: expected read(4, ..., 5) = 5; seen it has not returned',
  ],
  [
    'a call that does not return in time',
    '+0...0.5 read(4, ..., 5) = 5\n+0.4 < P. 1:6(5) ack 1\n',
    'fail: line 8: expected read(4, ..., 5) = 5 at 0.7; seen it returned at 0.6',
  ],
  [
    'an assertion',
    '+0 %{ assert tcpi_state == TCP_CLOSE, tcpi_state }%\n',
    'fail: line 8: expected assert tcpi_state == TCP_CLOSE, tcpi_state; seen 1',
  ],
  [
    'another count',
    '+0 `ss -Htan state established | wc -l | grep -qx 2`\n',
    'fail: line 8: expected `ss -Htan state established | wc -l | grep -qx 2`; seen the count is 1',
  ],
])('%s fails the script, and the report names it', (_, lines, expected) => {
  expect(then(lines)).toBe(expected);
});

test('a packet within a range passes, and one beyond it fails', () => {
  const slow = '+0 < P. 1:6(5) ack 1 win 65535\n';
  expect(then(`${slow}+.03~+.05 > . 1:1(0) ack 6\n`)).toBe('pass');
  expect(then(`${slow}* > . 1:1(0) ack 6\n+1 write(4, ..., 1) = 1\n`)).toBe('pass');
  expect(then(`${slow}+.01~+.03 > . 1:1(0) ack 6\n`)).toBe(
    'fail: line 9: expected > . 1:1(0) ack 6; seen nothing was sent',
  );
});

test('the ladder tells every packet up to the one that failed', () => {
  const failed = runScript({ text: `${OPEN}+0 write(4, ..., 5) = 5\n+0 > P. 1:6(5) ack 2\n` });
  expect(failed).toMatchObject({ verdict: 'fail', packet: 4, expected: '> P. 1:6(5) ack 2' });
  expect(formatLadder(failed)).toBe(`    1      0.100000  < S 0:0(0) win 65535 <mss 1460>
    2      0.100000  > S. 0:0(0) ack 1 win 65535 <mss 1460>
    3      0.200000  < . 1:1(0) ack 1 win 65535
▶   4      0.200000  > P. 1:6(5) ack 1 win 65535`);
});

test('what nobody expected fails a script that says what it proves, and no other', () => {
  const lines = '+0 write(4, ..., 5) = 5\n';
  expect(then(lines)).toBe('pass');
  expect(outcome(`// Something.\n// Proves: MUST-4\n${OPEN}${lines}`)).toBe(
    'fail: line 10: expected nothing more; seen > P. 1:6(5) ack 1 win 65535',
  );
});

test('semantic matching lets windows, PUSH and the order of options pass, and lists them', () => {
  const lines = '+0 write(4, ..., 5) = 5\n+0 > . 1:6(5) ack 1 win 100\n';
  expect(then(lines)).toContain('flags P. instead of ., window 65535 instead of 100');
  const { verdict, forgiven } = runScript({ text: OPEN + lines, match: 'semantic' });
  expect({ verdict, forgiven }).toEqual({
    verdict: 'pass',
    forgiven: ['line 9: flags P. instead of .', 'line 9: window 65535 instead of 100'],
  });
  const scaled = OPEN.replace('<mss 1460>', '<mss 1460,wscale 7>').replace(
    '<...>',
    '<mss 1460,nop,wscale 8>',
  );
  expect(outcome(scaled)).toContain('options <mss 1460,nop,wscale 5> instead of <mss 1460,nop,wscale 8>');
  expect(outcome(scaled, { match: 'semantic' })).toBe('pass');
});

test('semantic matching takes several segments for the one that another stack left to hardware to cut', () => {
  const lines = '+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n';
  expect(then(lines, { profile: 'linux' })).toContain('length 1460 instead of 3000');
  const options = { match: 'semantic', profile: 'linux' } as const;
  expect(
    runScript({ text: OPEN + lines.replaceAll('3000', '2920').replace('3001', '2921'), ...options }),
  ).toMatchObject({
    verdict: 'pass',
    forgiven: ['line 9: 2 segments instead of 1'],
  });
});

test.each([
  ['0 < udp (8)\n', 'UDP'],
  ['0 < [ce] . 1:1(0) ack 1\n', 'ECN'],
  ['0 > P5. 1:101(100) ack 1 <ECN e1b 1 ceb 0,nop>\n', 'ECN'],
  ['0 setsockopt(3, SOL_TCP, TCP_FASTOPEN, [1], 4) = 0\n', 'TCP fast open'],
])('%j needs what the stack has not, and is unsupported', (text, feature) => {
  expect(outcome(text)).toBe(`unsupported: the stack under test has no ${feature}`);
});

test('what has no meaning here is unsupported, never passed over', () => {
  expect(then('+0 `rm -rf /tmp/x`\n')).toBe("unsupported: the command 'rm -rf /tmp/x' has no meaning here");
  expect(then('+0 setsockopt(4, SOL_TCP, TCP_THIN_DUPACK, [1], 4) = 0\n')).toBe(
    'unsupported: the stack under test has no setsockopt(4, SOL_TCP, TCP_THIN_DUPACK, [1], 4) = 0',
  );
  expect(then('+0 %{ import os }%\n')).toBe("unsupported: 'import' is not part of the code that runs here");
  expect(then('+0 %{ assert tcpi_pacing == 1 }%\n')).toBe('unsupported: nothing is known of tcpi_pacing');
});

test('a fault of the script is an error at its place', () => {
  expect(outcome('// nothing\n')).toBe('error: the script has no event: nothing would be proven');
  expect(outcome('0.5 socket(..., SOCK_STREAM, 0) = 3\n0.1 close(3) = 0\n')).toBe(
    'error: at 0.5 it is too late for this',
  );
  expect(runScript({ text: '0 > S. 0:0' })).toMatchObject({ verdict: 'error', at: { line: 1, column: 11 } });
  expect(then('+0 vfork() = 0\n')).toBe('error: there is no system call vfork here');
  expect(outcome('// A\n// Proves: MUST-1 must-13\n0 socket(..., SOCK_STREAM, 0) = 3\n')).toBe(
    'error: the catalogue has no must-13; did you mean MUST-13?',
  );
});

test('sysctls before the first call set the stack up, and others are told to be ignored', () => {
  const text = '`sysctl -q -w tcblab.delayedAck=100000 net.ipv4.tcp_rto_min_us=300000 net.ipv4.tcp_abc=0`\n';
  const ran = runScript({ text: `${text}${OPEN}+0 < P. 1:6(5) ack 1 win 65535\n+0.1 > . 1:1(0) ack 6\n` });
  expect(ran).toMatchObject({ verdict: 'pass', ignored: ['net.ipv4.tcp_abc=0'] });
});

test('profiles set what scripts assume', () => {
  const lines =
    '+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+.01 < . 1:1(0) ack 2 win 65535\n+0 write(4, ..., 1) = 1\n+0 > P. 2:3(1) ack 1\n+.32875 > P. 2:3(1) ack 1\n';
  expect(then(lines, { profile: 'linux' })).toBe('pass');
  expect(then(lines)).toContain('nothing was sent');
});

test('connections with ports of their own are told apart', () => {
  expect(
    outcome(`0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 2) = 0
+0 < 5001 > 80 S 0:0(0) win 100 <mss 1460>
+0 > 80 > 5001 S. 0:0(0) ack 1 <...>
+0 < 5002 > 80 S 0:0(0) win 100 <mss 1460>
+0 > 80 > 5002 S. 0:0(0) ack 1 <...>
+0 < 5001 > 80 . 1:1(0) ack 1 win 100
+0 < 5002 > 81 S 7:7(0) win 100
+0 > 81 > 5002 R. 0:0(0) ack 8
+0 \`ss -Htan state syn-recv | wc -l | grep -qx 1\`
`),
  ).toBe('pass');
});

test('epoll tells levels, edges, and what was asked once', () => {
  expect(
    then(
      `+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EEXIST (File exists)
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+0 < P. 1:11(10) ack 1 win 65535
+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+.04 > . 1:1(0) ack 11
+0...0.25 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, -1) = 1
+.01 < P. 11:21(10) ack 1 win 65535
`.replace('0...0.25', '0...0.01'),
    ),
  ).toBe('pass');
  expect(then('+0 epoll_create(1) = 5\n+0 epoll_wait(4, ..., 1, 0) = -1 EINVAL (Invalid argument)\n')).toBe(
    'pass',
  );
  expect(
    then(`+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLONESHOT, fd=4}) = 0
+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
`),
  ).toBe(
    'fail: line 10: expected epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1; seen events=EPOLLOUT of descriptor 4',
  );
});

test('a question to the stack takes no time', () => {
  const lines = `+5 %{ assert tcpi_state == TCP_ESTABLISHED }%
+5 \`ss -Htan state established | wc -l | grep -qx 1\`
+0 write(4, ..., 1) = 1
+0 > P. 1:2(1) ack 1
`;
  expect(runScript({ text: OPEN + lines }).packets.at(-1)?.at).toBe(10_200_000);
});

test('poll tells what a socket is ready for', () => {
  expect(
    then(`+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
+0 poll([{fd=4, events=POLLIN, revents=0}], 1, 0) = 0
+0 < F. 1:1(0) ack 1 win 65535
+0 > . 1:1(0) ack 2
+0 poll([{fd=4, events=POLLIN|POLLRDHUP, revents=POLLIN|POLLRDHUP}, {fd=3, events=POLLIN}], 2, 0) = 1
`),
  ).toBe('pass');
});

test('an echo request is answered', () => {
  expect(outcome('0 < icmp echo_request id 7\n+0 > icmp echo_reply id 7\n')).toBe('pass');
});

test('a stack that throws has failed', () => {
  const parts = {
    connection: {
      listenArrives: () => {
        throw new TypeError('broken');
      },
    },
  };
  expect(then('', { parts })).toBe('fail: line 5: expected the stack to go on; seen it threw: broken');
});

test('a stack that never rests has failed, whether it speaks or not, and the verdict says what went on', () => {
  const { retransmission, rtt } = referenceParts;
  const write = '+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n';
  const rests = 'expected the stack to rest; seen no end of it';
  // Sends its first segment again and again, at once.
  const again = {
    ...retransmission,
    next: ({ recovery }: Tcb) => (recovery.queue.length > 0 ? recovery.queue.at(0) : null),
  };
  expect(then(write, { parts: { retransmission: again } })).toMatch(
    /^fail: line \d+: expected .*the stack to rest; seen no end of it at 0\.\d+: \d+ packets and \d+ timers since the script's last event, the last of them > /,
  );
  // Waits no time before it sends again, once it has a sample.
  const timeout: typeof rtt.timeout = (sample, settings) => (sample === null ? settings.initialRto : 0);
  const hasty = { ...rtt, timeout, backOff: () => 0 };
  expect(then(`${write}+1 < . 1:1(0) ack 2 win 65535\n`, { parts: { rtt: hasty } })).toContain(rests);
  // Sets its timer for the moment at which it expires, and says nothing.
  const silent = {
    retransmissionTimeout: (now: number, tcb: Tcb) => tcb.timers.set('retransmission', now),
  };
  expect(then(`${write}+9 < . 1:1(0) ack 2 win 65535\n`, { parts: { connection: silent } })).toContain(rests);
  const idle = (now: number) => ({ packets: [], results: [], deadline: now });
  expect(then('', { createSut: () => ({ packet: idle, call: idle, advance: idle }) })).toBe(
    `fail: line 1: ${rests} at 0: 0 packets and 20001 timers since the script's last event`,
  );
});

test('a stack whose deadline is no number has none', () => {
  const lost = () => ({ packets: [], results: [], deadline: NaN });
  expect(then('', { createSut: () => ({ packet: lost, call: lost, advance: lost }) })).toContain(
    'it has not returned',
  );
});

test('a broken part is seen by the script that tests it', () => {
  const lines = '+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+1 > P. 1:2(1) ack 1\n';
  expect(then(lines)).toBe('pass');
  const retransmission = { ...referenceParts.retransmission, next: () => null };
  expect(then(lines, { parts: { retransmission } })).toContain(
    'line 10: expected > P. 1:2(1) ack 1; seen nothing',
  );
});
