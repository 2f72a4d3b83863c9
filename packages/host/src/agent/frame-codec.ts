/**
 * Messages on a byte stream that may be a serial console: bytes come in arbitrary pieces, and a kernel or a shell may
 * print between, or into, what we send. A message that was hurt is lost; the next one is found again.
 *
 * ```
 * f5 54 43 42   "õTCB"
 * type          u8
 * length        u24, octets of payload, at most MAX_PAYLOAD
 * check         u32, CRC-32 of type and length: noise must not make us wait for a megabyte
 * payload
 * check         u32, CRC-32 of the payload
 * ```
 * Numbers are big-endian.
 */
import { crc32 } from 'node:zlib';
import { MisuseError } from '@tcblab/tcp';
import type { Octets } from '@tcblab/tcp';

export interface Message {
  readonly type: number;
  readonly payload: Uint8Array;
}

export const MAX_PAYLOAD: Octets = 1 << 20;

const MAGIC = Uint8Array.of(0xf5, 0x54, 0x43, 0x42);
const TYPE = 4;
const CHECK = 8;
const HEADER: Octets = 12;
const TRAILER: Octets = 4;

/** @throws MisuseError `message-too-long` */
export function encodeMessage(type: number, payload: Uint8Array): Buffer {
  if (payload.length > MAX_PAYLOAD) {
    throw new MisuseError(
      'message-too-long',
      `${payload.length} octets in one message, ${MAX_PAYLOAD} at most`,
    );
  }
  const bytes = Buffer.allocUnsafe(HEADER + payload.length + TRAILER);
  bytes.set(MAGIC);
  bytes.writeUInt32BE(((type << 24) | payload.length) >>> 0, TYPE);
  bytes.writeUInt32BE(crc32(bytes.subarray(TYPE, CHECK)), CHECK);
  bytes.set(payload, HEADER);
  bytes.writeUInt32BE(crc32(payload), HEADER + payload.length);
  return bytes;
}

export class MessageDecoder {
  readonly #onMessage: (message: Message) => void;
  readonly #onNoise: (bytes: Uint8Array) => void;
  #pending: Buffer = Buffer.alloc(0);

  /**
   * @param onMessage the payload is its own from then on
   * @param onNoise told of bytes that belong to no message, for a log
   */
  constructor(onMessage: (message: Message) => void, onNoise: (bytes: Uint8Array) => void) {
    this.#onMessage = onMessage;
    this.#onNoise = onNoise;
  }

  /** Bytes have come, however many. */
  push(piece: Uint8Array): void {
    const bytes = this.#pending.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#pending, piece]);
    let at = 0;
    for (;;) {
      const start = findMagic(bytes, at);
      if (start > at) this.#onNoise(bytes.subarray(at, start));
      at = start;
      if (bytes.length - at < HEADER) break;
      const length = bytes.readUIntBE(TYPE + 1 + at, 3);
      const headerGood =
        length <= MAX_PAYLOAD &&
        crc32(bytes.subarray(at + TYPE, at + CHECK)) === bytes.readUInt32BE(at + CHECK);
      if (headerGood && bytes.length - at < HEADER + length + TRAILER) break;
      const end = at + HEADER + length;
      if (headerGood && crc32(bytes.subarray(at + HEADER, end)) === bytes.readUInt32BE(end)) {
        this.#onMessage({ type: bytes[at + TYPE], payload: bytes.subarray(at + HEADER, end) });
        at = end + TRAILER;
      } else {
        // Whole messages may stand in what this one seemed to hold: go on right behind its first octet.
        this.#onNoise(bytes.subarray(at, at + 1));
        at++;
      }
    }
    this.#pending = bytes.subarray(at);
  }
}

/** @returns where the magic begins, in whole or as far as there are bytes; the end when it does not */
function findMagic(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MAGIC[0], from); at >= 0; at = bytes.indexOf(MAGIC[0], at + 1)) {
    const length = Math.min(MAGIC.length, bytes.length - at);
    if (bytes.compare(MAGIC, 0, length, at, at + length) === 0) return at;
  }
  return bytes.length;
}
