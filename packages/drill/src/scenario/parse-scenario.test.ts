import { describe, expect, test } from 'vitest';
import { formatProblem, parseScenario } from './parse-scenario.ts';

const good = `
title: A title
about: Something.
page: labs/03-handshake
ends:
  client:
    do:
      - open: 7000
      - send: hello
      - close
  server:
    wire:
      - drop: 2
      - delay: 3
        by: 20ms
    do:
      - listen: 7000
        backlog: 5
      - accept
      - receive: { octets: 64 KiB }
        fails: ECONNRESET
      - close:
        at: 1.5s
expect:
  - client: SYN
    to: 1
    rfc: 9293 3.5
  - any-order:
      - server: SYN+ACK
        proves: [MUST-14]
      - either: data
        without: FIN
        rfc: 9293 3.7
never:
  - either: RST
    rfc: 9293 3.5.2
`;

function problems(text: string): string[] {
  const parsed = parseScenario('x', text);
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem('x.yaml', problem));
}

/** The good scenario with one line changed. */
function changed(from: string, to: string): string[] {
  expect(good.split(from).length, `the good scenario holds '${from}' once`).toBe(2);
  return problems(good.replace(from, to));
}

test('a scenario becomes plain values', () => {
  const parsed = parseScenario('x', good);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => formatProblem('x', problem)).join('\n'));
  expect(JSON.parse(JSON.stringify(parsed.value))).toEqual(parsed.value);
  const [client, server] = parsed.value.ends;
  expect(client).toMatchObject({ role: 'client', host: 'a', wire: [] });
  expect(client.steps.map(({ call }) => call)).toEqual([
    { name: 'open', port: 7000 },
    { name: 'send', data: { text: 'hello' } },
    { name: 'close' },
  ]);
  expect(server.wire).toEqual([
    { nth: 2, action: 'drop' },
    { nth: 3, action: 'delay', by: 20_000 },
  ]);
  expect(server.steps).toMatchObject([
    { on: 'connection', call: { name: 'listen', port: 7000, backlog: 5 } },
    { on: 'connection', call: { name: 'accept' } },
    { on: 'connection', call: { name: 'receive', data: { octets: 65_536 } }, fails: 'ECONNRESET' },
    { on: 'connection', call: { name: 'close' }, at: 1_500_000 },
  ]);
  expect(parsed.value.expect.map(({ text, group, rfc }) => [text, group, rfc.section])).toEqual([
    ['client sends SYN, up to 1', 0, '3.5'],
    ['server sends SYN+ACK', 1, '3.7.1'],
    ['either end sends data without FIN', 1, '3.7'],
  ]);
  expect(parsed.value).toMatchObject({
    limit: 10_000_000,
    delay: 0,
    undisturbed: null,
    seenAt: 'client',
  });
});

describe('a mistake is told with its place and its remedy', () => {
  test.each([
    [
      'title: A title',
      'titel: A title',
      ["x.yaml:2:1: a scenario has no 'titel': did you mean title?", "x.yaml:2:1: a scenario needs 'title'"],
    ],
    ['title: A title', 'title: 12', ['x.yaml:2:8: title is a text: write "12" in quotes']],
    [
      'title: A title',
      'title:',
      ["x.yaml:2:1: 'title' has no value: write one after the colon, or leave the line out"],
    ],
    [
      'page: labs/03-handshake',
      'limit: 10',
      [
        "x.yaml:2:1: a scenario needs 'page'",
        "x.yaml:4:8: limit is a time with its unit, such as 300ms, 2s or 50us, not '10'",
      ],
    ],
    [
      'page: labs/03-handshake',
      'page: x\nlimit: 2000000s',
      ['x.yaml:5:8: limit is more than an hour: give at most 3600s'],
    ],
    [
      'page: labs/03-handshake',
      'page: x\nsee-at: cilent',
      ["x.yaml:5:9: see-at cannot be 'cilent': did you mean client?"],
    ],
    [
      '- open: 7000',
      '- opne: 7000',
      [
        "x.yaml:8:9: a step has no 'opne': did you mean open?",
        'x.yaml:8:9: a step says one thing to do, here is none: one of listen, open, send, receive, wait, wait-state, accept, receive-end, close, release, abort',
      ],
    ],
    ['- open: 7000', '- open: 70000', ["x.yaml:8:15: a port is a whole number from 1 to 65535, not '70000'"]],
    ['- open: 7000', '- open', ["x.yaml:8:9: 'open' needs a value: - open: 7000"]],
    [
      '- open: 7000',
      '- close: now',
      ["x.yaml:8:16: 'close' takes no value: write '- close', or '- close:' with at on the next line"],
    ],
    [
      '- open: 7000',
      '- open: 7000\n        backlog: 2',
      ["x.yaml:9:9: 'backlog' belongs to listen, not to open"],
    ],
    [
      '- send: hello',
      '- send: grüezi',
      [
        'x.yaml:9:15: what to send is plain ASCII text and not empty; for many octets write { octets: 64 KiB }',
      ],
    ],
    [
      '- send: hello',
      '- send: { octets: many }',
      ["x.yaml:9:25: octets is a count of octets, such as 1460, 64 KiB or 1 MiB, not 'many'"],
    ],
    [
      '- send: hello',
      '- wait-state: FIN-WAIT1',
      ["x.yaml:9:21: wait-state cannot be 'FIN-WAIT1': did you mean FIN-WAIT-1?"],
    ],
    [
      '- drop: 2',
      '- drop: 0',
      ["x.yaml:13:15: the frame to drop is a whole number from 1 to 1000000, not '0'"],
    ],
    [
      '        by: 20ms\n',
      '',
      ["x.yaml:14:9: a delay needs 'by', such as by: 20ms".replace('20ms', '200ms')],
    ],
    [
      'fails: ECONNRESET',
      'fails: ECONRESET',
      ["x.yaml:21:16: fails cannot be 'ECONRESET': did you mean ECONNRESET?"],
    ],
    [
      'proves: [MUST-14]',
      'proves: [MUST-144]',
      [
        "x.yaml:30:18: the RFC catalogue has no 'MUST-144': did you mean MUST-14?",
        "x.yaml:29:9: say which clause asks for this: rfc: '9293 3.5', or proves: [MUST-13]",
      ].toSorted((a, b) => a.localeCompare(b)),
    ],
    [
      '- client: SYN\n',
      '- clinet: SYN\n',
      [
        "x.yaml:25:5: a segment has no 'clinet': did you mean client?",
        'x.yaml:25:5: a segment says who sends it, such as client: SYN; one of client, server, either',
      ],
    ],
    [
      '- client: SYN\n',
      '- client: SYNACK\n',
      ["x.yaml:25:13: 'SYNACK' is no segment: write control bits such as SYN, SYN+ACK, FIN, RST, or data"],
    ],
    [
      '    to: 1\n    rfc: 9293 3.5\n',
      '    to: 1\n',
      ["x.yaml:25:5: say which clause asks for this: rfc: '9293 3.5', or proves: [MUST-13]"],
    ],
    [
      'rfc: 9293 3.7',
      'rfc: 9293 99.5',
      ["x.yaml:33:14: RFC 9293 has no section '99.5': name one that says what TCP does, such as 3.5"],
    ],
    [
      'rfc: 9293 3.7',
      'rfc: 9293 3.7.9',
      ["x.yaml:33:14: RFC 9293 has no section '3.7.9': did you mean 3.7?"],
    ],
    [
      '- open: 7000',
      '- open: 7001',
      [
        'x.yaml:8:15: client opens port 7001, but server listens on 7000: use one port, or say that it fails: ECONNREFUSED',
      ],
    ],
    ['- open: 7000', '- open: 7001\n        fails: ECONNREFUSED', []],
    ['rfc: 9293 3.7', 'rfc: 9293', ["x.yaml:33:14: rfc is a number and a section, such as '9293 3.5'"]],
    [
      '  server:\n    wire',
      '  either:\n    wire',
      [
        "x.yaml:11:3: 'either' cannot name an end: use small letters, digits and hyphens, and not 'either'",
        "x.yaml:29:9: a segment has no 'server': it may have client, either, either, without, again, seq, to, ack, acks, length, rfc, proves, page",
        'x.yaml:29:9: a segment says who sends it, such as client: SYN; one of client, either, either',
        'x.yaml:31:9: a segment says who sends it, such as client: SYN; one of client, either, either',
        'x.yaml:35:5: a segment says who sends it, such as client: SYN; one of client, either, either',
      ],
    ],
    [
      '  server:\n    wire',
      '  server:\n    host: a\n    wire',
      ['x.yaml:6:3: both ends are on host a: one is on a, one on b'],
    ],
  ] as [string, string, string[]][])('%j → %j', (from, to, messages) => {
    expect(changed(from, to)).toEqual(messages);
  });

  test('a file that is not YAML', () => {
    expect(problems('title: [')[0]).toMatch(/^x\.yaml:1:9: this is not YAML: Flow sequence/);
  });
  test.each([
    [
      '      - send: hello',
      '\t- send: hello',
      'x.yaml:9:1: this line is indented by a tab: indent with spaces',
    ],
    [
      '      - send: hello',
      '     - send: hello',
      'x.yaml:9:6: this line is indented by 5 spaces, its neighbours by 6: begin it in the column of those it belongs with',
    ],
    [
      'title: A title',
      'title: A: title',
      'x.yaml:2:8: there is more than one colon in this line: put a text that has one in "quotes"',
    ],
  ])('a slip of a key is told once, in plain words, above the line: %j → %j', (from, to, message) => {
    const column = Number(message.split(':')[2]);
    const line = to.replace('\t', '→');
    const number = message.split(':')[1];
    expect(changed(from, to)).toEqual([
      `${message}\n  ${number} | ${line}\n  ${' '.repeat(number.length)} | ${' '.repeat(column - 1)}^`,
    ]);
  });
  test('a file that is no text', () => {
    expect(problems('\u007fELF\u0002\u0001')).toEqual([
      'x.yaml:1:1: this is not a text file: here it has the control character \\x7f',
    ]);
  });
  test('text that a terminal would obey, and too much of it', () => {
    expect(changed('- open: 7000', `- "open\\e[31m${'x'.repeat(100)}"`)).toEqual([
      expect.stringMatching(/^x\.yaml:8:9: a step cannot be 'open\\x1b\[31mx{30}…': one of listen/),
    ]);
  });
  test('an empty file', () => {
    expect(problems('')).toEqual(['x.yaml:1:1: the file is empty: it begins with title, ends and expect']);
  });
  test('a list where a mapping stands', () => {
    expect(problems('- x')[0]).toMatch(/^x\.yaml:1:1: a scenario is a mapping of title, about/);
  });
  test('three ends', () => {
    expect(changed('expect:', '  third:\n    do: []\nexpect:')).toEqual([
      'x.yaml:6:3: a scenario has two ends, such as client and server; here are 3',
    ]);
  });
  test('a scenario that expects nothing', () => {
    expect(problems(`${good.slice(0, good.indexOf('expect:'))}expect: []`)).toEqual([
      'x.yaml:24:9: expect is empty: a scenario that expects nothing proves nothing',
    ]);
  });
  test('an alias', () => {
    expect(changed('- send: hello', '- send: &x hello\n      - send: *x')).toEqual([
      'x.yaml:10:15: what to send is a text',
    ]);
  });
});
