import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScript } from './parse-script.ts';
import { printScript } from './print-script.ts';
import { formatScriptProblem } from './problem.ts';
import { anyScript, withoutPositions } from './script.fixture.ts';
import type { Action, Script } from './syntax.ts';

function parsed(text: string): Script {
  const script = parseScript(text);
  if (!script.ok) throw new Error(formatScriptProblem('test.pkt', text, script.problem));
  return script.value;
}

/** The only event of a script. */
function action(text: string): Action {
  const { events } = parsed(text);
  expect(events).toHaveLength(1);
  return withoutPositions(events[0].action);
}

/** The parsed script, printed. */
const again = (text: string) => printScript(parsed(text));

test('what is printed reads back as the same script', () => {
  fc.assert(
    fc.property(anyScript, (script) => {
      expect(withoutPositions(parsed(printScript(script)))).toEqual(withoutPositions(script));
    }),
    { seed: 20_261_121, numRuns: 500 },
  );
});

test('no text makes the parser throw, or read a place that is not there', () => {
  const piece = fc.constantFrom(
    '+0 ',
    '0...0.1 ',
    '* ',
    '< ',
    '> ',
    'S. ',
    '0:0(0) ',
    'ack 1 ',
    '<mss 1460> ',
    '<...>',
    'connect(',
    '...',
    ') = 0',
    '-1 EAGAIN (',
    '`ss`',
    '%{ 1 }%',
    '"a',
    '"',
    '{',
    '}',
    '[',
    ']',
    '|',
    '/*',
    '//',
    '\n',
    '--mtu=9',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const script = parseScript(text);
      if (script.ok) return;
      expect(script.problem.at.line).toBeLessThanOrEqual(text.split('\n').length);
    }),
    { seed: 20_261_121, numRuns: 2000 },
  );
});

test('brackets without end are refused, and do not exhaust the stack', () => {
  for (const open of ['[', '{', 'a(']) {
    const script = parseScript(`0 a(${open.repeat(100_000)}`);
    expect(script.ok ? 'read' : script.problem.message).toBe(
      'brackets lie within each other at most 50 deep',
    );
  }
});

test('times are absolute, relative, any, or ranges of either, to the microsecond', () => {
  const text = '0 a() = 0\n0.1 a() = 0\n+.000001 a() = 0\n* a() = 0\n.1~.3 a() = 0\n+.1~+.3 a() = 0\n';
  expect(parsed(text).events.map(({ time }) => time)).toEqual([
    { kind: 'absolute', micros: 0 },
    { kind: 'absolute', micros: 100_000 },
    { kind: 'relative', micros: 1 },
    { kind: 'any' },
    { kind: 'absolute-range', from: 100_000, to: 300_000 },
    { kind: 'relative-range', from: 100_000, to: 300_000 },
  ]);
});

test('a call that blocks carries the time of its return', () => {
  expect(action('+0...0.250 connect(3, ..., ...) = 0')).toMatchObject({ name: 'connect', until: 250_000 });
});

test('options, comments, definitions and both commands are read', () => {
  const script = parsed(
    '--mtu=1200 // small\n--define PORT=8080\n--verbose\n`sysctl -w a=1`\n/* a\n b */ 0 listen(PORT, 1) = 0\n`ss`\n',
  );
  expect(script.options.map(({ name, value }) => [name, value])).toEqual([
    ['mtu', '1200'],
    ['define', 'PORT=8080'],
    ['verbose', null],
  ]);
  expect(script.init?.text).toBe('sysctl -w a=1');
  expect(script.cleanup?.text).toBe('ss');
  expect(script.events[0].at).toEqual({ line: 6, column: 7 });
  expect(withoutPositions(script.events[0].action)).toMatchObject({
    args: [
      { kind: 'integer', value: 8080 },
      { kind: 'integer', value: 1 },
    ],
  });
});

test('a packet carries IP information, ports, flags, numbers and options', () => {
  expect(
    action(
      '0 > [ect0, flowlabel 0x1] 5000 > 80 PFUEC. 1:1461(1460) ack 7 win 9 urg 3 ' +
        '<mss 1460,nop,wscale 7,sackOK,TS val 100 ecr ...,sack 1:100 200:300,eol>',
    ),
  ).toEqual({
    kind: 'packet',
    direction: 'out',
    ip: { ecn: 'ect0', tos: null, ttl: null, flowLabel: 1 },
    body: {
      kind: 'tcp',
      ports: { source: 5000, destination: 80 },
      flags: 'FPUEW.',
      seq: 1,
      length: 1460,
      ack: 7,
      win: 9,
      urg: 3,
      options: [
        { kind: 'mss', value: 1460 },
        { kind: 'nop' },
        { kind: 'wscale', value: 7 },
        { kind: 'sackOK' },
        { kind: 'TS', val: 100, ecr: null },
        {
          kind: 'sack',
          blocks: [
            [1, 100],
            [200, 300],
          ],
        },
        { kind: 'eol' },
      ],
    },
  });
});

test('no list of options means none, and dots mean any', () => {
  expect(action('0 > . 1:1(0) ack 1')).toMatchObject({ body: { options: [] } });
  expect(action('0 > . 1:1(0) ack 1 <...>')).toMatchObject({ body: { options: null } });
  expect(action('0 > - 1:1(0)')).toMatchObject({ body: { flags: '' } });
});

test('sequence numbers go round the ring', () => {
  expect(action('0 < . 4294967290:4(10)')).toMatchObject({ body: { seq: 4_294_967_290, length: 10 } });
});

test('an ICMP message may name what it quotes before or after', () => {
  const today = '0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]\n';
  expect(again('0 < [1:1461(1460)] icmp unreachable frag_needed mtu 1200')).toBe(today);
  expect(again(today)).toBe(today);
  expect(again('0 < icmp echo_request id 7 [udp (8)]')).toBe('0 < icmp echo_request id 7 [udp (8)]\n');
});

test('UDP is read', () => {
  expect(action('0 < udp 5000 > 80 (100)')).toMatchObject({ body: { kind: 'udp', length: 100 } });
});

test.each([
  'setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0',
  'accept4(3, ..., ..., SOCK_NONBLOCK|SOCK_CLOEXEC) = 4',
  'read(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)',
  'sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 1000}], msg_flags=0}, MSG_DONTWAIT) = 1000',
  'poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1',
  'epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0',
  'bind(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.168.0.1")}, ...) = 0',
  'write(4, "GET / \\"quoted\\"\\r\\n", 16) = 16',
  'ioctl(4, SIOCINQ, [5]) = 0',
  'send(4, "abc"..., 100, 0x40) = 100',
])('%s is read and printed as it stands', (text) => {
  expect(again(`0 ${text}`)).toBe(`0 ${text}\n`);
});

test('a code block and a command keep their text', () => {
  expect(again('0 %{ assert tcpi_state == 1 }%\n+1 `ss -tan | grep x`')).toBe(
    '0 %{ assert tcpi_state == 1 }%\n+1 `ss -tan | grep x`\n',
  );
});

test.each([
  ['--mtuu=9\n', 'test.pkt:1:1: --mtuu is not an option; did you mean --mtu?\n  --mtuu=9\n  ^'],
  [
    '0 > S. 0:0(0)\n+0 < X 1:1(0)',
    "test.pkt:2:6: 'X' is no flag: flags are S F R P U E W C A and .\n  +0 < X 1:1(0)\n       ^",
  ],
  ['0 < . 1:3(1)', 'test.pkt:1:7: 1 and 1 octets make 2, not 3\n  0 < . 1:3(1)\n        ^'],
  [
    '0\t< . 1:1(0) win 65536',
    'test.pkt:1:18: a window is 0 to 65535, not 65536\n  0\t< . 1:1(0) win 65536\n   \t               ^',
  ],
  [
    '0 connect(3',
    "test.pkt:1:12: expected ')' after the arguments of connect, found the end of the script\n  0 connect(3\n             ^",
  ],
  ['0.1~.05 a() = 0', 'test.pkt:1:1: this range ends before it begins\n  0.1~.05 a() = 0\n  ^'],
  ['/* x', 'test.pkt:1:1: this comment does not end: */ is missing\n  /* x\n  ^'],
  [
    '0 < . 1:1(0) <mss 1,foo>',
    'test.pkt:1:21: expected an option (mss, nop, wscale, sackOK, sack, TS, eol, FO, FOEXP, md5 or kind), found foo\n  0 < . 1:1(0) <mss 1,foo>\n                      ^',
  ],
  [
    'connect(3) = 0',
    "test.pkt:1:1: expected a time such as 0.1, +0.1 or *, found 'connect'\n  connect(3) = 0\n  ^",
  ],
  ['0 `ss', 'test.pkt:1:3: this text does not end: ` is missing\n  0 `ss\n    ^'],
])('%j is refused at the place where it goes wrong', (text, message) => {
  const script = parseScript(text);
  expect(script.ok ? 'read' : formatScriptProblem('test.pkt', text, script.problem)).toBe(message);
});
