/** The payload of one message of the child protocol: numbers, names and values, to bytes and back. */
import { decodeUtf8, encodeUtf8 } from '@tcblab/capture';
import { MisuseError } from '@tcblab/tcp';
import type { Octets } from '@tcblab/tcp';
import type { Value } from './sut.ts';

/** Octets of payload that a message may have. */
export const MAX_PAYLOAD: Octets = 70_000;

/** Octets before the payload: its length, and the message's type. */
export const HEADER: Octets = 5;

const NOTHING = 0;
const INTEGER = 1;
const OCTETS = 2;
const TEXT = 3;
const LIST = 4;
/** Lists within lists. */
const DEEPEST = 8;

/** All ones: no deadline. */
const NEVER = 0xffff_ffff;

/** Puts a payload together. */
export class PayloadWriter {
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
export class PayloadReader {
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
