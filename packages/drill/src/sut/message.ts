/**
 * The messages of the child protocol, bytes in and bytes out. `docs/child-protocol.md` is the specification; a message is
 * u32 length of the payload, u8 type, payload; integers are big-endian.
 */
import { decodeUtf8, encodeUtf8 } from '@tcblab/capture';
import { MisuseError } from '@tcblab/tcp';
import type { Micros, Octets } from '@tcblab/tcp';
import type { CallResult, SutConfiguration, Value } from './sut.ts';

/** Both ends say it first; two that differ do not talk. */
export const PROTOCOL_VERSION = 1;

/** Octets of payload that a message may have. */
export const MAX_PAYLOAD: Octets = 70_000;

/** From the judge to the child. */
export type Request =
  | { readonly type: 'hello'; readonly version: number; readonly configuration: SutConfiguration }
  | { readonly type: 'packet'; readonly now: Micros; readonly bytes: Uint8Array }
  | {
      readonly type: 'call';
      readonly now: Micros;
      readonly id: number;
      readonly name: string;
      readonly args: readonly Value[];
    }
  | { readonly type: 'advance'; readonly now: Micros };

/** From the child to the judge. */
export type Reply =
  | { readonly type: 'welcome'; readonly version: number; readonly name: string }
  | { readonly type: 'sent'; readonly bytes: Uint8Array }
  | { readonly type: 'result'; readonly result: CallResult }
  | { readonly type: 'done'; readonly deadline: Micros };

/** Why the bytes of the other end cannot be read on. A value: what a child writes is not our mistake. */
export interface ProtocolFault {
  readonly type: 'fault';
  /** In a sentence. */
  readonly reason: string;
}

export function writeRequest(request: Request): Uint8Array {
  const out = new Writer();
  switch (request.type) {
    case 'hello': {
      const { address, mtu, isnSecret, seed, settings } = request.configuration;
      out.u16(request.version);
      for (const part of address.split('.')) out.u8(Number(part));
      out.u16(mtu);
      out.raw(isnSecret);
      out.u32(seed);
      const names = Object.keys(settings);
      out.u16(names.length);
      for (const name of names) {
        out.name(name);
        out.u64(settings[name]);
      }
      return out.message(HELLO);
    }
    case 'packet':
      out.u64(request.now);
      out.raw(request.bytes);
      return out.message(PACKET);
    case 'call':
      out.u64(request.now);
      out.u32(request.id);
      out.name(request.name);
      out.u8(request.args.length);
      for (const value of request.args) out.value(value, 0);
      return out.message(CALL);
    case 'advance':
      out.u64(request.now);
      return out.message(ADVANCE);
  }
}

export function writeReply(reply: Reply): Uint8Array {
  const out = new Writer();
  switch (reply.type) {
    case 'welcome':
      out.u16(reply.version);
      out.name(reply.name);
      return out.message(WELCOME);
    case 'sent':
      out.raw(reply.bytes);
      return out.message(SENT);
    case 'result':
      out.u32(reply.result.id);
      if ('errno' in reply.result) {
        out.u8(1);
        out.name(reply.result.errno);
      } else {
        out.u8(0);
        out.value(reply.result.value, 0);
      }
      return out.message(RESULT);
    case 'done':
      out.u64(reply.deadline);
      return out.message(DONE);
  }
}

/**
 * Puts a stream of bytes together into messages, in whatever pieces it comes. After a fault it gives nothing but that
 * fault: there is no way to find the next message.
 */
export class MessageReader<M extends Request | Reply> {
  readonly #parse: (type: number, body: Reader) => M | null;
  #bytes: Uint8Array = new Uint8Array(4096);
  #start = 0;
  #end = 0;
  #fault: ProtocolFault | null = null;

  constructor(parse: (type: number, body: Reader) => M | null) {
    this.#parse = parse;
  }

  push(bytes: Uint8Array): void {
    if (this.#fault !== null) return;
    if (this.#end + bytes.length > this.#bytes.length) {
      const held = this.#bytes.subarray(this.#start, this.#end);
      const size = held.length + bytes.length;
      const room = size > this.#bytes.length ? new Uint8Array(2 * size) : this.#bytes;
      room.set(held);
      this.#bytes = room;
      this.#end = held.length;
      this.#start = 0;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** @returns the next whole message; null when more bytes are needed */
  next(): M | ProtocolFault | null {
    if (this.#fault !== null) return this.#fault;
    const at = this.#start;
    if (this.#end - at < HEADER) return null;
    const length = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint32(at);
    if (length > MAX_PAYLOAD) return this.#fail(tooLong(length, this.#bytes.subarray(at, at + HEADER)));
    if (this.#end - at < HEADER + length) return null;
    const type = this.#bytes[at + 4];
    this.#start = at + HEADER + length;
    const body = new Reader(this.#bytes.slice(at + HEADER, this.#start));
    const message = this.#parse(type, body);
    if (message === null)
      return this.#fail(`message type 0x${type.toString(16).padStart(2, '0')} is not known here`);
    if (body.short)
      return this.#fail(`a message of type '${message.type}' ends early, after ${length} octets`);
    if (!body.ended)
      return this.#fail(`a message of type '${message.type}' is longer than what it holds, ${length} octets`);
    return message;
  }

  /** Octets of a message that has not come whole. */
  get left(): Octets {
    return this.#end - this.#start;
  }

  #fail(reason: string): ProtocolFault {
    this.#fault = { type: 'fault', reason };
    return this.#fault;
  }
}

export function createRequestReader(): MessageReader<Request> {
  return new MessageReader(parseRequest);
}

export function createReplyReader(): MessageReader<Reply> {
  return new MessageReader(parseReply);
}

const HEADER: Octets = 5;

const HELLO = 0x01;
const PACKET = 0x02;
const CALL = 0x03;
const ADVANCE = 0x04;
const WELCOME = 0x81;
const SENT = 0x82;
const RESULT = 0x83;
const DONE = 0x84;

const NOTHING = 0;
const INTEGER = 1;
const OCTETS = 2;
const TEXT = 3;
const LIST = 4;
/** Lists within lists. */
const DEEPEST = 8;

/** All ones: no deadline. */
const NEVER = 0xffff_ffff;

function parseRequest(type: number, body: Reader): Request | null {
  switch (type) {
    case HELLO: {
      const version = body.u16();
      const address = [body.u8(), body.u8(), body.u8(), body.u8()].join('.');
      const mtu = body.u16();
      const isnSecret = body.raw(16);
      const seed = body.u32();
      const settings: Record<string, number> = {};
      for (let count = body.u16(); count > 0 && !body.short; count--) {
        const name = body.name();
        settings[name] = body.u64();
      }
      return { type: 'hello', version, configuration: { address, mtu, isnSecret, seed, settings } };
    }
    case PACKET:
      return { type: 'packet', now: body.u64(), bytes: body.rest() };
    case CALL: {
      const now = body.u64();
      const id = body.u32();
      const name = body.name();
      const args: Value[] = [];
      for (let count = body.u8(); count > 0 && !body.short; count--) args.push(body.value(0));
      return { type: 'call', now, id, name, args };
    }
    case ADVANCE:
      return { type: 'advance', now: body.u64() };
    default:
      return null;
  }
}

function parseReply(type: number, body: Reader): Reply | null {
  switch (type) {
    case WELCOME:
      return { type: 'welcome', version: body.u16(), name: body.name() };
    case SENT:
      return { type: 'sent', bytes: body.rest() };
    case RESULT: {
      const id = body.u32();
      const failed = body.u8() !== 0;
      return { type: 'result', result: failed ? { id, errno: body.name() } : { id, value: body.value(0) } };
    }
    case DONE:
      return { type: 'done', deadline: body.u64() };
    default:
      return null;
  }
}

/** The usual mistake is a print to standard output, so say so. */
function tooLong(length: number, head: Uint8Array): string {
  const words = decodeUtf8(head);
  if (/^[\t\n -~]+$/.test(words)) {
    return `standard output begins a message with '${words}': it belongs to the protocol; print to standard error instead`;
  }
  return `a message claims ${length} octets; at most ${MAX_PAYLOAD} are allowed`;
}

class Writer {
  readonly #pieces: Uint8Array[] = [];
  #length: Octets = 0;

  u8(value: number): void {
    this.raw(Uint8Array.of(value));
  }

  u16(value: number): void {
    this.#number(2, (view) => view.setUint16(0, value));
  }

  u32(value: number): void {
    this.#number(4, (view) => view.setUint32(0, value));
  }

  /** Infinity is all ones. */
  u64(value: number): void {
    this.#number(8, (view) => {
      view.setUint32(0, value === Infinity ? NEVER : Math.floor(value / 0x1_0000_0000));
      view.setUint32(4, value === Infinity ? NEVER : value % 0x1_0000_0000);
    });
  }

  i64(value: number): void {
    this.#number(8, (view) => {
      view.setInt32(0, Math.floor(value / 0x1_0000_0000));
      view.setUint32(4, value >>> 0);
    });
  }

  raw(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** u8 length and text. */
  name(text: string): void {
    const bytes = encodeUtf8(text);
    if (bytes.length > 255) throw new MisuseError('name-too-long', `'${text}' has more than 255 octets`);
    this.u8(bytes.length);
    this.raw(bytes);
  }

  value(value: Value, depth: number): void {
    if (value === null) {
      this.u8(NOTHING);
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value))
        throw new MisuseError('not-an-integer', `${value} is not a safe integer`);
      this.u8(INTEGER);
      this.i64(value);
    } else if (typeof value === 'string') {
      const bytes = encodeUtf8(value);
      this.u8(TEXT);
      this.u32(bytes.length);
      this.raw(bytes);
    } else if (value instanceof Uint8Array) {
      this.u8(OCTETS);
      this.u32(value.length);
      this.raw(value);
    } else {
      if (depth >= DEEPEST) throw new MisuseError('too-deep', `lists are nested more than ${DEEPEST} deep`);
      this.u8(LIST);
      this.u32(value.length);
      for (const item of value) this.value(item, depth + 1);
    }
  }

  message(type: number): Uint8Array {
    if (this.#length > MAX_PAYLOAD) {
      throw new MisuseError(
        'message-too-long',
        `a message has ${this.#length} octets; at most ${MAX_PAYLOAD} fit`,
      );
    }
    const message = new Uint8Array(HEADER + this.#length);
    new DataView(message.buffer).setUint32(0, this.#length);
    message[4] = type;
    let at = HEADER;
    for (const piece of this.#pieces) {
      message.set(piece, at);
      at += piece.length;
    }
    return message;
  }

  #number(size: number, set: (view: DataView) => void): void {
    const bytes = new Uint8Array(size);
    set(new DataView(bytes.buffer));
    this.raw(bytes);
  }
}

/** Reads a payload. Past its end everything is 0 or empty, and `short` is true. */
class Reader {
  short = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.#at - 4) : 0;
  }

  /** All ones are Infinity; what a number cannot hold exactly comes out as Infinity too. */
  u64(): number {
    if (!this.#take(8)) return 0;
    const value = this.#view.getUint32(this.#at - 8) * 0x1_0000_0000 + this.#view.getUint32(this.#at - 4);
    return Number.isSafeInteger(value) ? value : Infinity;
  }

  i64(): number {
    if (!this.#take(8)) return 0;
    return this.#view.getInt32(this.#at - 8) * 0x1_0000_0000 + this.#view.getUint32(this.#at - 4);
  }

  raw(length: Octets): Uint8Array {
    return this.#take(length)
      ? this.#bytes.slice(this.#at - length, this.#at)
      : new Uint8Array(length <= 16 ? length : 0);
  }

  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }

  name(): string {
    return decodeUtf8(this.raw(this.u8()));
  }

  value(depth: number): Value {
    switch (this.u8()) {
      case NOTHING:
        return null;
      case INTEGER:
        return this.i64();
      case OCTETS:
        return this.raw(this.u32());
      case TEXT:
        return decodeUtf8(this.raw(this.u32()));
      case LIST: {
        const items: Value[] = [];
        if (depth >= DEEPEST) this.short = true;
        for (let count = this.u32(); count > 0 && !this.short; count--) items.push(this.value(depth + 1));
        return items;
      }
      default:
        this.short = true;
        return null;
    }
  }

  #take(length: Octets): boolean {
    if (this.short || this.#at + length > this.#bytes.length) {
      this.short = true;
      return false;
    }
    this.#at += length;
    return true;
  }
}
