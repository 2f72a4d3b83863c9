/** The packets of a script: what stands after `<` or `>`. */
import type { Scanner } from './scanner.ts';
import { FLAG_LETTERS, NO_IP_INFO } from './syntax.ts';
import type { IcmpPacket, IpInfo, PacketAction, Ports, Quoted, TcpOption, TcpPacket } from './syntax.ts';

const U8 = 0xff;
const U16 = 0xffff;
const U20 = 0xfffff;
const U24 = 0xffffff;
const U32 = 0xffff_ffff;
/** The most that the options of one segment may take. */
const OPTION_ROOM = 40;

const PORTS = /\d+\s*>\s*\d+/y;
const FLAGS = /[A-Za-z]*[0-7]?\.(?!\d)|[A-Za-z]+|-/y;
const IP_WORDS = ['noecn', 'ect01', 'ect0', 'ect1', 'ce', 'tos', 'ttl', 'flowlabel'];

/** @throws ScriptError */
export function parsePacket(scanner: Scanner): PacketAction {
  const direction = scanner.accept('<') ? 'in' : 'out';
  if (direction === 'out') scanner.expect('>', 'before a packet');
  const quoted = parseQuoted(scanner);
  const ip = parseIpInfo(scanner);
  const word = scanner.peekWord();
  if (word === 'icmp') return { kind: 'packet', direction, ip, body: parseIcmp(scanner, quoted) };
  if (quoted !== null) scanner.fail(`expected 'icmp' after what it quotes, found ${scanner.found()}`);
  if (word === 'udp') {
    scanner.word();
    const ports = parsePorts(scanner);
    return { kind: 'packet', direction, ip, body: { kind: 'udp', ports, length: parseLength(scanner) } };
  }
  if (word !== null && ['ipv4', 'ipv6', 'gre', 'mpls'].includes(word)) {
    scanner.fail(`packets within packets (${word}) are not part of this language`);
  }
  return { kind: 'packet', direction, ip, body: parseTcp(scanner) };
}

/** `[1:1461(1460)]`, `[udp (8)]`, `[raw (8)]`. IP information in brackets begins with another word. */
function parseQuoted(scanner: Scanner): Quoted | null {
  if (!scanner.seesMatch(/\[\s*(?:\d|udp\b|raw\b)/y)) return null;
  scanner.accept('[');
  let quoted: Quoted;
  if (scanner.acceptWord('udp')) quoted = { kind: 'udp', length: parseLength(scanner) };
  else if (scanner.acceptWord('raw')) quoted = { kind: 'raw', length: parseLength(scanner) };
  else quoted = { kind: 'tcp', ...parseSequence(scanner) };
  scanner.expect(']', 'after the quoted packet');
  return quoted;
}

function parseIpInfo(scanner: Scanner): IpInfo {
  const close = scanner.accept('[') ? ']' : scanner.accept('(') ? ')' : null;
  if (close === null) return NO_IP_INFO;
  const info: { -readonly [K in keyof IpInfo]: IpInfo[K] } = { ...NO_IP_INFO };
  do {
    const at = scanner.position;
    const word = scanner.word();
    switch (word) {
      case 'noecn':
      case 'ect0':
      case 'ect1':
      case 'ect01':
      case 'ce':
        info.ecn = word;
        break;
      case 'tos':
        info.tos = hex(scanner, 'a type of service', U8);
        break;
      case 'flowlabel':
        info.flowLabel = hex(scanner, 'a flow label', U20);
        break;
      case 'ttl':
        info.ttl = scanner.integer('a time to live', 0, U8);
        break;
      default:
        scanner.fail(`expected one of ${IP_WORDS.join(', ')}, found ${word ?? scanner.found()}`, at);
    }
  } while (scanner.accept(','));
  scanner.expect(close, 'after the IP information');
  return info;
}

function hex(scanner: Scanner, what: string, most: number): number {
  const at = scanner.position;
  const number = scanner.anyInteger();
  if (number === null) scanner.fail(`expected ${what}, such as 0x10, found ${scanner.found()}`);
  if (number.value > most) scanner.fail(`${what} is 0 to 0x${most.toString(16)}`, at);
  return number.value;
}

function parsePorts(scanner: Scanner): Ports | null {
  if (!scanner.seesMatch(PORTS)) return null;
  const source = scanner.integer('a port', 0, U16);
  scanner.accept('>');
  return { source, destination: scanner.integer('a port', 0, U16) };
}

function parseLength(scanner: Scanner): number {
  scanner.expect('(', 'before a length');
  const length = scanner.integer('a length', 0, U16);
  scanner.expect(')', 'after the length');
  return length;
}

/** `seq:end(length)`. */
function parseSequence(scanner: Scanner): { seq: number; length: number } {
  const { position } = scanner;
  const seq = scanner.integer('a sequence number', 0, U32);
  scanner.expect(':', 'after the first sequence number');
  const end = scanner.integer('a sequence number', 0, U32);
  const length = parseLength(scanner);
  if (end !== (seq + length) % (U32 + 1)) {
    scanner.fail(`${seq} and ${length} octets make ${(seq + length) % (U32 + 1)}, not ${end}`, position);
  }
  return { seq, length };
}

function parseTcp(scanner: Scanner): TcpPacket {
  const ports = parsePorts(scanner);
  const flags = parseFlags(scanner);
  const { seq, length } = parseSequence(scanner);
  const ack = scanner.acceptWord('ack') ? scanner.integer('an acknowledgement', 0, U32) : null;
  const win = scanner.acceptWord('win') ? scanner.integer('a window', 0, U16) : null;
  const urg = scanner.acceptWord('urg') ? scanner.integer('an urgent pointer', 0, U16) : null;
  return { kind: 'tcp', ports, flags, seq, length, ack, win, urg, options: parseOptions(scanner) };
}

function parseFlags(scanner: Scanner): string {
  const at = scanner.position;
  const written = scanner.raw(FLAGS);
  if (written === null) {
    scanner.fail(`expected flags such as S. or -, found ${scanner.found()}`, at);
  }
  scanner.skip();
  if (written === '-') return '';
  // CWR is W in scripts of Linux, C in some of BSD.
  const counter = /\d/.exec(written)?.[0] ?? '';
  const letters = written.replace(/\d?\.$/, '').replaceAll('C', 'W');
  for (const letter of letters) {
    if (!FLAG_LETTERS.includes(letter)) {
      scanner.fail(`'${letter}' is no flag: flags are S F R P U E W C A and .`, at);
    }
  }
  const ordered = FLAG_LETTERS.filter((letter) => letters.includes(letter)).join('');
  return written.endsWith('.') ? `${ordered}${counter}.` : ordered;
}

/** None written = none to be there; `<...>` = null. */
function parseOptions(scanner: Scanner): TcpOption[] | null {
  const at = scanner.position;
  // The next event's packet cannot follow without a time, so this `<` can only open a list.
  if (!scanner.accept('<')) return [];
  if (scanner.accept('...')) {
    scanner.expect('>', 'after the options');
    return null;
  }
  const options: TcpOption[] = [];
  do options.push(parseOption(scanner));
  while (scanner.accept(','));
  scanner.expect('>', 'after the options');
  const octets = options.reduce((sum, option) => sum + optionLength(option), 0);
  if (octets > OPTION_ROOM) scanner.fail(`these options take ${octets} octets, and there is room for 40`, at);
  return options;
}

/** Octets that an option takes in a header. */
export function optionLength(option: TcpOption): number {
  switch (option.kind) {
    case 'nop':
    case 'eol':
      return 1;
    case 'sackOK':
      return 2;
    case 'mss':
      return 4;
    case 'wscale':
      return 3;
    case 'TS':
      return 10;
    case 'ECN':
      return 2 + (3 * option.counters.split(' ').length) / 2;
    case 'sack':
      return 2 + 8 * option.blocks.length;
    case 'FOEXP':
      return 4 + option.hex.length / 2;
    case 'FO':
    case 'md5':
    case 'unknown':
      return 2 + option.hex.length / 2;
  }
}

function parseOption(scanner: Scanner): TcpOption {
  const at = scanner.position;
  const word = scanner.word();
  switch (word) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { kind: word };
    case 'mss':
      return { kind: word, value: scanner.integer('a maximum segment size', 0, U16) };
    case 'wscale':
      return { kind: word, value: scanner.integer('a window scale', 0, U8) };
    case 'TS': {
      const val = timestamp(scanner, 'val');
      return { kind: word, val, ecr: timestamp(scanner, 'ecr') };
    }
    case 'sack': {
      const blocks: [number, number][] = [];
      do {
        const left = scanner.integer('the left edge of a block', 0, U32);
        scanner.expect(':', 'between the edges of a block');
        blocks.push([left, scanner.integer('the right edge of a block', 0, U32)]);
      } while (scanner.seesMatch(/\d/y));
      return { kind: word, blocks };
    }
    case 'FO':
    case 'FOEXP':
    case 'md5':
      return { kind: word, hex: hexDigits(scanner) };
    case 'ECN':
      return { kind: word, counters: parseCounters(scanner) };
    case 'kind': {
      const code = scanner.integer('a kind of option', 2, U8);
      return { kind: 'unknown', code, hex: hexDigits(scanner) };
    }
    default:
      scanner.fail(
        `expected an option (mss, nop, wscale, sackOK, sack, TS, eol, FO, FOEXP, md5 or kind), found ${word ?? scanner.found()}`,
        at,
      );
  }
}

/** `e1b 1 ceb 0`: names of counters and what they have come to. */
function parseCounters(scanner: Scanner): string {
  const counters: string[] = [];
  for (let name = scanner.word(); name !== null; name = scanner.word()) {
    counters.push(name, `${scanner.integer('a counter', 0, U24)}`);
  }
  if (counters.length === 0) scanner.fail(`expected counters such as e0b 1, found ${scanner.found()}`);
  return counters.join(' ');
}

/** `...` in place of a number leaves it unchecked. */
function timestamp(scanner: Scanner, name: string): number | null {
  if (!scanner.acceptWord(name)) scanner.fail(`expected '${name}' and a number, found ${scanner.found()}`);
  return scanner.accept('...') ? null : scanner.integer('a timestamp', 0, U32);
}

function hexDigits(scanner: Scanner): string {
  const at = scanner.position;
  const digits = scanner.lettersOrDigits() ?? '';
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) scanner.fail('octets are pairs of hexadecimal digits', at);
  return digits.toLowerCase();
}

function parseIcmp(scanner: Scanner, before: Quoted | null): IcmpPacket {
  scanner.word();
  const named = scanner.word();
  if (named === null) scanner.fail(`expected a type of ICMP message, found ${scanner.found()}`);
  const type = scanner.defines.get(named) ?? named;
  const next = scanner.peekWord();
  const written = next === null || next === 'mtu' || next === 'id' ? null : scanner.word();
  const code = written === null ? null : (scanner.defines.get(written) ?? written);
  const mtu = scanner.acceptWord('mtu') ? scanner.integer('an MTU', 0, U16) : null;
  const id = scanner.acceptWord('id') ? scanner.integer('an id', 0, U16) : null;
  const at = scanner.position;
  const after = parseQuoted(scanner);
  if (before !== null && after !== null) scanner.fail('what is quoted stands here twice', at);
  return { kind: 'icmp', type, code, mtu, id, quoted: before ?? after };
}
