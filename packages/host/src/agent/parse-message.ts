/**
 * What came over the line, as messages of the protocol. Its checksum held, but its sender may be another version or
 * another program: everything that is relied on is looked at here, once.
 */
import type { AgentCalls, AgentEvent, Hello, ReadArgs, Reply, Request } from './protocol.ts';

export type ParsedMessage<T> =
  | { readonly ok: true; readonly value: T }
  /** `fault` says in words what is wrong where; `id` is that of the request or reply, 0 when it has none. */
  | { readonly ok: false; readonly fault: string; readonly id: number };

export function parseHello(payload: Uint8Array): ParsedMessage<Hello> {
  return parse(payload, HELLO);
}

/** Also what the verb carries is as it should be, as far as JSON tells: a job may still be impossible. */
export function parseRequest(payload: Uint8Array): ParsedMessage<AgentRequest> {
  const request = parse<AgentRequest>(payload, fields({ id: count, verb: oneOf(...Object.keys(ARGS)) }));
  if (!request.ok) return request;
  const { id, verb, args } = request.value;
  const fault = ARGS[verb](args, `the ${verb}`);
  return fault === null ? request : { ok: false, fault, id };
}

/** `read` is the one request whose answer is a piece of the capture. */
export type AgentRequest =
  | { readonly id: number; readonly verb: 'read'; readonly args: ReadArgs }
  | { readonly id: number; readonly verb: keyof AgentCalls; readonly args: unknown };

export function parseReply(payload: Uint8Array): ParsedMessage<Reply> {
  return parse(payload, REPLY);
}

export function parseEvent(payload: Uint8Array): ParsedMessage<AgentEvent> {
  return parse(payload, (value, at) => {
    const name = EVENT_NAME(value, at);
    return name ?? EVENTS[(value as AgentEvent).name](value, at);
  });
}

/** @returns what is wrong with the value of a reply to `verb`; null when nothing is */
export function faultOfReply(verb: keyof AgentCalls, value: unknown): string | null {
  return REPLIES[verb](value, `the answer to ${verb}`);
}

function parse<T>(payload: Uint8Array, shape: Shape): ParsedMessage<T> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return { ok: false, fault: 'it is not JSON', id: 0 };
  }
  const fault = shape(value, 'it');
  if (fault === null) return { ok: true, value: value as T };
  const id = (value as { id?: unknown } | null)?.id;
  return { ok: false, fault, id: typeof id === 'number' ? id : 0 };
}

/** Looks at the value that is called `at`. @returns what is wrong; null when nothing is */
type Shape = (value: unknown, at: string) => string | null;

const is =
  (holds: (value: unknown) => boolean, what: string): Shape =>
  (value, at) =>
    holds(value) ? null : `${at} is not ${what}`;

const text = is((value) => typeof value === 'string', 'a string');
const flag = is((value) => typeof value === 'boolean', 'true or false');
const count = is(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'a whole number from 0 on',
);
const amount = is((value) => Number.isFinite(value) && (value as number) >= 0, 'a number from 0 on');
const nothing = is((value) => value === null || value === undefined, 'null');
const anything: Shape = () => null;
const object = is(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
);

function oneOf(...words: readonly string[]): Shape {
  return is((value) => typeof value === 'string' && words.includes(value), `one of ${words.join(', ')}`);
}

function optional(shape: Shape): Shape {
  return (value, at) => (value === null || value === undefined ? null : shape(value, at));
}

function listOf(shape: Shape, length?: number): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is not a list`;
    if (length !== undefined && value.length !== length) return `${at} has not ${length} entries`;
    for (const [index, entry] of value.entries()) {
      const fault = shape(entry, `${at}[${index}]`);
      if (fault !== null) return fault;
    }
    return null;
  };
}

function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, at) => {
    const fault = object(value, at);
    if (fault !== null) return fault;
    for (const [name, shape] of Object.entries(shapes)) {
      const wrong = shape((value as Record<string, unknown>)[name], `${at}.${name}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

const HELLO = fields({ protocol: count, software: text, machine: text });

const END_JOB = fields({
  host: oneOf('a', 'b'),
  number: count,
  implementation: oneOf('reference', 'kernel'),
  submission: optional(text),
  interface: text,
  address: text,
  prefixLength: count,
  ipv6: optional(fields({ address: text, prefixLength: count })),
  mac: text,
  peer: text,
  end: fields({ role: text, steps: listOf(fields({ on: text, call: fields({ name: text }) })) }),
  seed: count,
  settings: optional(object),
  impairment: optional(fields({ out: optional(object), in: optional(object) })),
  peerNumber: count,
  capture: text,
  trace: flag,
});

const MIDDLEBOX_JOB = fields({ interfaces: listOf(text, 2), seed: count, impairment: listOf(object, 2) });

const JOB: Shape = (value, at) => {
  const fault = fields({ kind: oneOf('end', 'middlebox') })(value, at);
  if (fault !== null) return fault;
  return ((value as { kind: string }).kind === 'end' ? END_JOB : MIDDLEBOX_JOB)(value, at);
};

const ARGS: Readonly<Record<Request['verb'], Shape>> = {
  prepare: JOB,
  arm: nothing,
  start: nothing,
  done: nothing,
  quiet: fields({ silence: amount, limit: amount }),
  finish: nothing,
  sockets: nothing,
  read: fields({ offset: count, length: count }),
};

const REFUSAL = fields({ code: text, message: text, remedy: text });

const REPLY: Shape = (value, at) => {
  const fault = fields({ id: count })(value, at);
  if (fault !== null) return fault;
  if ('refusal' in (value as object)) return fields({ refusal: REFUSAL })(value, at);
  return 'value' in (value as object) ? null : `${at} has neither value nor refusal`;
};

const FINDINGS = fields({
  application: optional(
    fields({
      role: text,
      done: flag,
      steps: listOf(fields({ step: count, outcome: fields({ kind: text }) })),
    }),
  ),
  faults: listOf(fields({ what: text, next: text, excuse: optional(flag) })),
  warnings: listOf(text),
  links: listOf(fields({ received: count, sent: count, foreign: count, dropped: count })),
  captureOctets: count,
  counters: optional(object),
  left: listOf(object),
  crashed: optional(text),
});

const SOCKET_LINE = fields({
  local: text,
  remote: text,
  state: text,
  receiveQueue: count,
  sendQueue: count,
  timer: optional(fields({ name: text, milliseconds: amount, retransmissions: count })),
});

const REPLIES: Readonly<Record<keyof AgentCalls, Shape>> = {
  prepare: fields({ warnings: listOf(text) }),
  arm: anything,
  start: anything,
  done: anything,
  quiet: anything,
  finish: FINDINGS,
  sockets: fields({ sockets: listOf(SOCKET_LINE) }),
};

const RECORD = fields({ frame: count, event: fields({ name: text, time: is(Number.isFinite, 'a number') }) });

const EVENTS: Readonly<Record<AgentEvent['name'], Shape>> = {
  records: fields({ first: count, records: listOf(RECORD) }),
  records_missing: fields({ count }),
  progress: fields({
    progress: fields({ elapsed: amount, stepsDone: count, steps: count, octets: count, frames: count }),
  }),
  stopped: fields({ reason: text }),
  endless: fields({ what: text }),
};

const EVENT_NAME = fields({ name: oneOf(...Object.keys(EVENTS)) });
