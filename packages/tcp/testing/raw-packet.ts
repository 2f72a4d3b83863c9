/** Packets octet by octet, wrong in as many ways as a test wants: lengths, options and checksums as no writer would make them. */
import { expect } from 'vitest';
import {
  checksum,
  fillChecksum,
  formatAddress,
  parseAddress,
  pseudoHeaderSum,
  seq as toSeq,
  seqAdd,
} from '../src/wire/index.ts';
import { type Dialogue, pattern } from './dialogue.ts';

const IP = 20;
const TCP = 20;
const LETTERS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, E: 64, W: 128 };

export interface RawFields {
  readonly flags?: string;
  /** As in a dialogue, counted from each side's initial sequence number. */
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  readonly urg?: number;
  /** Octets of the options, filled up to words with ends of the list. */
  readonly options?: readonly number[];
  /** Octets of payload, or how many of the peer's stream. */
  readonly payload?: Uint8Array | number;
  /** Words of header that the segment claims. */
  readonly dataOffset?: number;
  /** The first octet of the IP header. */
  readonly versionAndLength?: number;
  readonly totalLength?: number;
  readonly source?: string;
  /** Octets behind the packet, as Ethernet adds to short frames. */
  readonly padding?: number;
  /** Changes the packet once its checksums are right. */
  readonly spoil?: (packet: Uint8Array) => void;
}

/** From the dialogue's peer to its stack: by default a bare ACK of everything. */
export function rawPacket(d: Dialogue, fields: RawFields = {}): Uint8Array {
  const { flags = '.', seq = 1, ack = 1, win = 65_535, urg = 0, options = [], padding = 0 } = fields;
  const { payload: given = 0, source = d.peerAddress } = fields;
  const payload = typeof given === 'number' ? pattern(given, seq) : given;
  const header = TCP + Math.ceil(options.length / 4) * 4;
  const length = IP + header + payload.length;
  const bytes = new Uint8Array(length + padding).fill(0x77, length);
  const view = new DataView(bytes.buffer);
  view.setUint16(IP, d.peerPort);
  view.setUint16(IP + 2, d.ourPort);
  view.setUint32(IP + 4, seqAdd(toSeq(d.peerIss), seq));
  view.setUint32(IP + 8, flags.includes('.') ? seqAdd(toSeq(d.iss ?? 0), ack) : 0);
  view.setUint8(IP + 12, (fields.dataOffset ?? header / 4) << 4);
  view.setUint8(
    IP + 13,
    flags.split('').reduce((sum, letter) => sum | LETTERS[letter], 0),
  );
  view.setUint16(IP + 14, win);
  view.setUint16(IP + 18, urg);
  bytes.set(options, IP + TCP);
  bytes.set(payload, IP + header);
  const [from, to] = [parseAddress(source), parseAddress(formatAddress(d.stack.address))];
  fillChecksum(bytes, IP, length, pseudoHeaderSum(from, to, 6, length - IP));
  view.setUint8(0, fields.versionAndLength ?? 0x45);
  view.setUint16(2, fields.totalLength ?? length);
  view.setUint8(8, 64);
  view.setUint8(9, 6);
  view.setInt32(12, from.w3);
  view.setInt32(16, to.w3);
  sealIp(bytes);
  fields.spoil?.(bytes);
  return bytes;
}

/** Make the IP header's checksum right. */
export function sealIp(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset);
  view.setUint16(10, 0);
  const length = Math.min((view.getUint8(0) & 0xf) * 4, packet.length);
  view.setUint16(10, ~checksum(packet, 0, Math.max(IP, length), 0) & 0xffff);
}

export function give(d: Dialogue, ...packets: Uint8Array[]): Dialogue {
  for (const packet of packets) d.stack.onPacket(d.now, packet, 0, packet.length);
  return d;
}

/** Let everything go out that waits, of whatever kind. @returns how many packets */
export function drain(d: Dialogue): number {
  const out = new Uint8Array(10_000);
  let count = 0;
  while (d.stack.pollTransmit(d.now, out, 0) > 0) count++;
  return count;
}

/**
 * The packet goes no further: nothing is answered, nothing of the connection changes, and one count and one record tell
 * of it.
 */
export function dropped(d: Dialogue, packet: Uint8Array, reason: string): void {
  const { counters } = d.stack;
  const before = d.connection?.snapshot();
  const count = counters.dropped.get(reason) ?? 0;
  d.stack.takeTrace();
  give(d, packet).silent();
  expect(Object.fromEntries(counters.dropped)).toMatchObject({ [reason]: count + 1 });
  expect(d.connection?.snapshot()).toEqual(before);
  const told = d.stack.takeTrace().filter(({ name }) => name === 'segment_dropped');
  expect(told).toMatchObject([{ trigger: reason }]);
}
