/** Arbitrary scripts, and scripts without their positions, for tests. */
import fc from 'fast-check';
import { FLAG_LETTERS } from './syntax.ts';
import type { Expression, Script, ScriptEvent, TcpOption } from './syntax.ts';

const at = { line: 0, column: 0 };
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const micros = fc.integer({ min: 0, max: 5_000_000_000 });
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const ports = orNull(fc.record({ source: u16, destination: u16 }));
const name = fc.stringMatching(/^[a-z][a-z_0-9]{0,8}$/);
const hex = fc.stringMatching(/^(?:[0-9a-f]{2}){0,4}$/);
const printable = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '"', '\\', '\n', '\t', '.', ',', '(', '{', '`', '%', '/', '*'),
});

const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom('nop' as const, 'eol' as const, 'sackOK' as const) }),
  fc.record({ kind: fc.constant('mss' as const), value: u16 }),
  fc.record({ kind: fc.constant('wscale' as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('TS' as const), val: orNull(u32), ecr: orNull(u32) }),
  fc.record({
    kind: fc.constant('sack' as const),
    blocks: fc.array(fc.tuple(u32, u32), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('ECN' as const),
    counters: fc.constantFrom('e0b 1', 'e1b 1 ceb 0 e0b 16777215'),
  }),
  fc.record({ kind: fc.constantFrom('FO' as const, 'FOEXP' as const, 'md5' as const), hex }),
);

const tcp = fc.record({
  kind: fc.constant('tcp' as const),
  ports,
  flags: fc
    .tuple(fc.subarray(Array.from(FLAG_LETTERS)), fc.constantFrom('', '.', '5.'))
    .map(([letters, ack]) => letters.join('') + ack),
  seq: u32,
  length: u16,
  ack: orNull(u32),
  win: orNull(u16),
  urg: orNull(u16),
  options: orNull(fc.array(tcpOption, { maxLength: 2 })),
});

const quoted = fc.oneof(
  fc.record({ kind: fc.constant('tcp' as const), seq: u32, length: u16 }),
  fc.record({ kind: fc.constantFrom('udp' as const, 'raw' as const), length: u16 }),
);

const packet = fc.record({
  kind: fc.constant('packet' as const),
  direction: fc.constantFrom('in' as const, 'out' as const),
  ip: fc.record({
    ecn: orNull(
      fc.constantFrom('noecn' as const, 'ect0' as const, 'ect1' as const, 'ect01' as const, 'ce' as const),
    ),
    tos: orNull(fc.integer({ min: 0, max: 255 })),
    ttl: orNull(fc.integer({ min: 0, max: 255 })),
    flowLabel: orNull(fc.integer({ min: 0, max: 0xfffff })),
  }),
  body: fc.oneof(
    tcp,
    fc.record({ kind: fc.constant('udp' as const), ports, length: u16 }),
    fc.record({
      kind: fc.constant('icmp' as const),
      type: fc.constantFrom('unreachable', 'time_exceeded', 'echo_request'),
      code: orNull(fc.constantFrom('frag_needed', 'port_unreachable')),
      mtu: orNull(u16),
      id: orNull(u16),
      quoted: orNull(quoted),
    }),
  ),
});

const { expression } = fc.letrec<{ expression: Expression; simple: Expression }>((tie) => ({
  simple: fc.oneof(
    fc.record({ kind: fc.constant('unchecked' as const), at: fc.constant(at) }),
    fc.record({
      kind: fc.constant('integer' as const),
      value: fc.integer({ min: 0, max: 2 ** 40 }),
      hex: fc.boolean(),
      at: fc.constant(at),
    }),
    fc.record({ kind: fc.constant('word' as const), name, at: fc.constant(at) }),
    fc.record({
      kind: fc.constant('text' as const),
      value: printable,
      open: fc.boolean(),
      at: fc.constant(at),
    }),
    fc.record({
      kind: fc.constant('list' as const),
      items: fc.array(tie('expression'), { maxLength: 3 }),
      at: fc.constant(at),
    }),
    fc.record({
      kind: fc.constant('struct' as const),
      fields: fc.array(fc.record({ name: orNull(name), size: fc.constant(null), value: tie('expression') }), {
        maxLength: 3,
      }),
      at: fc.constant(at),
    }),
    fc.record({
      kind: fc.constant('function' as const),
      name,
      args: fc.array(tie('expression'), { maxLength: 2 }),
      at: fc.constant(at),
    }),
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('simple'),
    fc.record({
      kind: fc.constant('either' as const),
      items: fc.array(tie('simple'), { minLength: 2, maxLength: 3 }),
      at: fc.constant(at),
    }),
  ),
}));

const call = fc
  .record({
    kind: fc.constant('call' as const),
    name,
    until: orNull(micros),
    args: fc.array(expression, { maxLength: 4 }),
    result: expression,
    errno: orNull(fc.constantFrom('EAGAIN', 'ECONNRESET')),
    note: orNull(fc.constantFrom('Resource temporarily unavailable', 'Connection reset by peer')),
    at: fc.constant(at),
  })
  // Text that goes on joins what follows it; a word before a note would read as a call.
  .filter(({ result, errno, note }) => errno !== null || note === null || result.kind === 'integer');

const command = fc.record({
  text: fc.constantFrom('sysctl -w a=1', 'sleep 1', './x.sh; true'),
  at: fc.constant(at),
});
const code = fc.constantFrom('assert tcpi_state == 1, tcpi_state', 'print(1)\nassert True');

const time = fc.oneof(
  fc.record({ kind: fc.constantFrom('absolute' as const, 'relative' as const), micros }),
  fc.record({ kind: fc.constant('any' as const) }),
  fc
    .tuple(fc.constantFrom('absolute-range' as const, 'relative-range' as const), micros, micros)
    .map(([kind, a, b]) => ({ kind, from: Math.min(a, b), to: Math.max(a, b) })),
);

const event: fc.Arbitrary<ScriptEvent> = fc.record({
  at: fc.constant(at),
  time,
  action: fc.oneof(
    packet,
    call,
    fc.record({ kind: fc.constant('shell' as const), command }),
    fc.record({ kind: fc.constant('code' as const), text: code, at: fc.constant(at) }),
  ),
});

export const anyScript: fc.Arbitrary<Script> = fc.record({
  options: fc.array(
    fc.record({
      name: fc.constantFrom('mtu', 'tolerance_usecs', 'bind_port'),
      value: u16.map(String),
      at: fc.constant(at),
    }),
    { maxLength: 2 },
  ),
  init: orNull(command),
  events: fc.array(event, { minLength: 1, maxLength: 4 }),
  cleanup: orNull(command),
});

/** The same with every position at 0:0, so that scripts can be compared. */
export function withoutPositions<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'at' ? at : inner))) as T;
}
