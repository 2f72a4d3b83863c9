/**
 * The messages of the child protocol, bytes in and bytes out. `docs/child-protocol.md` is the specification; a message is
 * u32 length of the payload, u8 type, payload; integers are big-endian.
 */
import { Address, formatAddress, parseAddress } from '@tcblab/tcp/wire';
import { decodeUtf8 } from '@tcblab/capture';
import type { Micros, Octets } from '@tcblab/tcp';
import { HEADER, MAX_PAYLOAD, PayloadReader, PayloadWriter } from './payload.ts';
import type { CallResult, SutConfiguration, Value } from './sut.ts';

/** Both ends say it first; two that differ do not talk. */
export const PROTOCOL_VERSION = 1;

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
  const out = new PayloadWriter();
  switch (request.type) {
    case 'hello': {
      const { address, ipv6, mtu, isnSecret, seed, settings } = request.configuration;
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
      out.u8(ipv6 === undefined ? 0 : 1);
      if (ipv6 !== undefined) for (const word of ipv6Words(ipv6)) out.u32(word >>> 0);
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
  const out = new PayloadWriter();
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
  readonly #parse: (type: number, body: PayloadReader) => M | null;
  #bytes: Uint8Array = new Uint8Array(4096);
  #start = 0;
  #end = 0;
  #fault: ProtocolFault | null = null;

  constructor(parse: (type: number, body: PayloadReader) => M | null) {
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
    const body = new PayloadReader(this.#bytes.slice(at + HEADER, this.#start));
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

function ipv6Words(text: string): readonly number[] {
  const { w0, w1, w2, w3 } = parseAddress(text);
  return [w0, w1, w2, w3];
}

function readIpv6(body: PayloadReader): string {
  const address = new Address();
  address.setIpv6(body.u32(), body.u32(), body.u32(), body.u32());
  return formatAddress(address);
}

const HELLO = 0x01;
const PACKET = 0x02;
const CALL = 0x03;
const ADVANCE = 0x04;
const WELCOME = 0x81;
const SENT = 0x82;
const RESULT = 0x83;
const DONE = 0x84;

function parseRequest(type: number, body: PayloadReader): Request | null {
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
      const given = { address, mtu, isnSecret, seed, settings };
      const configuration = body.u8() === 0 ? given : { ...given, ipv6: readIpv6(body) };
      return { type: 'hello', version, configuration };
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

function parseReply(type: number, body: PayloadReader): Reply | null {
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
