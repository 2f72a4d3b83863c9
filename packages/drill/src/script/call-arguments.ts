/** What the structs, lists and words among a call's arguments come to. */
import type { Value } from '../sut/sut.ts';
import { printExpression } from './print-script.ts';
import { ScriptError } from './problem.ts';
import type { CallAction, Expression } from './syntax.ts';

/**
 * `{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}`; null = left open.
 *
 * Of AF_INET6 the members begin with `sin6_`, and the address is `inet_pton(AF_INET6, "fd00::1")`; one of IPv4 in IPv6's
 * form means IPv4.
 */
export function socketAddress(expression: Expression | undefined): { address: string; port: number } | null {
  if (expression?.kind !== 'struct') return null;
  const argumentOf = (name: string): Expression | undefined => {
    const value = expression.fields.find((field) => field.name === name)?.value;
    return value?.kind === 'function' ? value.args.at(-1) : undefined;
  };
  const port = argumentOf('sin_port') ?? argumentOf('sin6_port');
  const address = argumentOf('sin_addr') ?? argumentOf('sin6_addr');
  if (port?.kind !== 'integer' || address?.kind !== 'text') {
    throw new ScriptError(
      expression.at,
      'an address is {sa_family=AF_INET, sin_port=htons(…), sin_addr=inet_addr("…")}, or of AF_INET6 with sin6_port and ' +
        'sin6_addr=inet_pton(AF_INET6, "…")',
    );
  }
  return { address: address.value.replace(/^::ffff:(?=[\d.]+$)/i, ''), port: port.value };
}

/** `[1]` is 1, `{onoff=1, linger=0}` is [1, 0]; words as they are. */
export function optionValue(expression: Expression | undefined): Value {
  switch (expression?.kind) {
    case 'integer':
      return expression.value;
    case 'list':
      return expression.items.length === 1 ? optionValue(expression.items[0]) : null;
    case 'struct':
      return expression.fields.map(({ value }) => optionValue(value));
    case 'word':
      return expression.name;
    case 'text':
      return expression.value;
    default:
      return null;
  }
}

/** Linux's numbers of the errors that SO_ERROR may tell. */
export const ERRNOS: Record<string, number> = {
  EPIPE: 32,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  EACCES: 13,
  ENONET: 64,
  EPROTO: 71,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  ENETUNREACH: 101,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
};

export function fileFlags(text: string): number {
  return text
    .split('|')
    .reduce((sum, flag) => sum | (flag === 'O_RDWR' ? 2 : flag === 'O_NONBLOCK' ? 0x800 : 0), 0);
}

/** The octets that the vectors of a message hold. */
export function messageLength(call: CallAction, message: Expression | undefined): number {
  const vectors =
    message?.kind === 'struct' ? message.fields.find(({ name }) => name === 'msg_iov')?.value : undefined;
  if (vectors === undefined) throw new ScriptError(call.at, `${call.name} takes a message with msg_iov`);
  return vectorLength(call, vectors);
}

export function vectorLength(call: CallAction, vectors: Expression | undefined): number {
  if (vectors?.kind !== 'list') throw new ScriptError(call.at, `${call.name} takes a list of vectors`);
  let sum = 0;
  for (const vector of vectors.items) {
    const length = vector.kind === 'struct' ? vector.fields.at(-1)?.value : undefined;
    if (length?.kind !== 'integer') throw new ScriptError(vector.at, 'a vector is {…, length}');
    sum += length.value;
  }
  return sum;
}

export function pollEntries(call: CallAction): { fd: number; events: string; revents: string | null }[] {
  const list = call.args[0];
  if (list?.kind !== 'list') throw new ScriptError(call.at, 'poll takes a list of {fd=, events=, revents=}');
  return list.items.map((item) => {
    const field = (name: string) => (item.kind === 'struct' ? member(item, name) : undefined);
    const fd = field('fd');
    const events = field('events');
    const revents = field('revents');
    if (fd?.kind !== 'integer' || events === undefined)
      throw new ScriptError(item.at, 'an entry has fd and events');
    const open = revents === undefined || revents.kind === 'unchecked';
    return { fd: fd.value, events: printExpression(events), revents: open ? null : printExpression(revents) };
  });
}

export function member(
  struct: Extract<Expression, { kind: 'struct' }>,
  name: string,
): Expression | undefined {
  return struct.fields.find((field) => field.name === name)?.value;
}

/** One event, or a list of them. What is left open is not compared. */
export function eventList(
  expression: Expression | undefined,
): { fd: number | null; events: string | null }[] {
  const items = expression?.kind === 'list' ? expression.items : expression === undefined ? [] : [expression];
  return items.map((item) => {
    const events = item.kind === 'struct' ? member(item, 'events') : undefined;
    const fd = item.kind === 'struct' ? member(item, 'fd') : undefined;
    const open = events === undefined || events.kind === 'unchecked';
    return { fd: fd?.kind === 'integer' ? fd.value : null, events: open ? null : printExpression(events) };
  });
}

export function sameFlags(a: string, b: string): boolean {
  const set = (text: string) =>
    text
      .split('|')
      .filter((flag) => flag !== '' && flag !== '0')
      .toSorted()
      .join('|');
  return set(a) === set(b);
}
