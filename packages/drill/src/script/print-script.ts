/** Writes a script out again: what is parsed from it is the same script. Also words packets for reports. */
import type { Micros } from '@tcblab/tcp';
import type {
  Action,
  EventTime,
  Expression,
  Field,
  IpInfo,
  PacketAction,
  Ports,
  Quoted,
  Script,
  TcpOption,
  TcpPacket,
} from './syntax.ts';

export function printScript({ options, init, events, cleanup }: Script): string {
  const lines = options.map(({ name, value }) => `--${name}${value === null ? '' : `=${value}`}`);
  if (init !== null) lines.push(`\`${init.text}\``);
  for (const { time, action } of events) lines.push(printEvent(time, action));
  if (cleanup !== null) lines.push(`\`${cleanup.text}\``);
  return `${lines.join('\n')}\n`;
}

function printEvent(time: EventTime, action: Action): string {
  const until = action.kind === 'call' && action.until !== null ? `...${printSeconds(action.until)}` : '';
  return `${printTime(time)}${until} ${printAction(action)}`;
}

function printTime(time: EventTime): string {
  switch (time.kind) {
    case 'any':
      return '*';
    case 'absolute':
      return printSeconds(time.micros);
    case 'relative':
      return `+${printSeconds(time.micros)}`;
    case 'absolute-range':
      return `${printSeconds(time.from)}~${printSeconds(time.to)}`;
    case 'relative-range':
      return `+${printSeconds(time.from)}~+${printSeconds(time.to)}`;
  }
}

/** µs as seconds, without zeros that say nothing. */
export function printSeconds(micros: Micros): string {
  const decimals = (micros % 1_000_000).toString().padStart(6, '0').replace(/0+$/, '');
  return `${Math.floor(micros / 1_000_000)}${decimals === '' ? '' : `.${decimals}`}`;
}

export function printAction(action: Action): string {
  switch (action.kind) {
    case 'packet':
      return printPacket(action);
    case 'shell':
      return `\`${action.command.text}\``;
    case 'code':
      return `%{ ${action.text} }%`;
    case 'call': {
      const { name, args, result, errno, note } = action;
      const call = `${name}(${args.map(printExpression).join(', ')}) = ${printExpression(result)}`;
      return `${call}${errno === null ? '' : ` ${errno}`}${note === null ? '' : ` (${note})`}`;
    }
  }
}

export function printPacket({ direction, ip, body }: PacketAction): string {
  const words = [direction === 'in' ? '<' : '>', ...printIpInfo(ip)];
  switch (body.kind) {
    case 'tcp':
      words.push(printTcp(body));
      break;
    case 'udp':
      words.push('udp', ...printPorts(body.ports), `(${body.length})`);
      break;
    case 'icmp':
      words.push('icmp', body.type);
      if (body.code !== null) words.push(body.code);
      if (body.mtu !== null) words.push(`mtu ${body.mtu}`);
      if (body.id !== null) words.push(`id ${body.id}`);
      if (body.quoted !== null) words.push(`[${printQuoted(body.quoted)}]`);
  }
  return words.join(' ');
}

function printIpInfo({ ecn, tos, ttl, flowLabel }: IpInfo): string[] {
  const words: string[] = [];
  if (ecn !== null) words.push(ecn);
  if (tos !== null) words.push(`tos 0x${tos.toString(16)}`);
  if (ttl !== null) words.push(`ttl ${ttl}`);
  if (flowLabel !== null) words.push(`flowlabel 0x${flowLabel.toString(16)}`);
  return words.length === 0 ? [] : [`[${words.join(', ')}]`];
}

function printPorts(ports: Ports | null): string[] {
  return ports === null ? [] : [`${ports.source} > ${ports.destination}`];
}

function printQuoted(quoted: Quoted): string {
  return quoted.kind === 'tcp'
    ? printSequence(quoted.seq, quoted.length)
    : `${quoted.kind} (${quoted.length})`;
}

function printSequence(seq: number, length: number): string {
  return `${seq}:${(seq + length) % 2 ** 32}(${length})`;
}

export function printTcp({ ports, flags, seq, length, ack, win, urg, options }: TcpPacket): string {
  const words = [...printPorts(ports), flags === '' ? '-' : flags, printSequence(seq, length)];
  if (ack !== null) words.push(`ack ${ack}`);
  if (win !== null) words.push(`win ${win}`);
  if (urg !== null) words.push(`urg ${urg}`);
  if (options === null) words.push('<...>');
  else if (options.length > 0) words.push(`<${options.map(printOption).join(',')}>`);
  return words.join(' ');
}

export function printOption(option: TcpOption): string {
  switch (option.kind) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return option.kind;
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'TS':
      return `TS val ${option.val ?? '...'} ecr ${option.ecr ?? '...'}`;
    case 'sack':
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(' ')}`;
    case 'FO':
    case 'FOEXP':
    case 'md5':
      return option.hex === '' ? option.kind : `${option.kind} ${option.hex}`;
    case 'ECN':
      return `ECN ${option.counters}`;
    case 'unknown':
      return `kind ${option.code} ${option.hex}`.trimEnd();
  }
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'unchecked':
      return '...';
    case 'integer':
      return expression.hex ? `0x${expression.value.toString(16)}` : `${expression.value}`;
    case 'word':
      return expression.name;
    case 'text':
      return `"${expression.value.replace(/[\\"\n\r\t\0]/g, escape)}"${expression.open ? '...' : ''}`;
    case 'list':
      return `[${expression.items.map(printExpression).join(', ')}]`;
    case 'struct':
      return `{${expression.fields.map(printField).join(', ')}}`;
    case 'function':
      return `${expression.name}(${expression.args.map(printExpression).join(', ')})`;
    case 'either':
      return expression.items.map(printExpression).join('|');
  }
}

const ESCAPED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };

function escape(character: string): string {
  return ESCAPED[character] ?? `\\${character}`;
}

function printField({ name, size, value }: Field): string {
  if (name === null) return printExpression(value);
  return `${name}${size === null ? '' : `(${printExpression(size)})`}=${printExpression(value)}`;
}
