/** TCP segments: header, options and payload between bytes and `Segment`. The checksum is the caller's to verify. */
import { MisuseError } from '../misuse-error.ts';
import type { Octets, Seq } from '../units.ts';
import { viewOf } from './byte-view.ts';
import { checksum } from './checksum.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';
import type { SackBlock, Segment } from './segment.ts';

/** Of a header without options. */
export const TCP_HEADER_LENGTH: Octets = 20;
const HEADER_LENGTH = 20;
/** Of a header with all the options it can hold. */
export const TCP_HEADER_LENGTH_MAX: Octets = 60;

/** What a caller counts when `checksum` over pseudo-header and segment is not 0xffff. @rfc 9293 3.1 MUST-3 */
export const BAD_TCP_CHECKSUM = malformed('tcp', 'bad-checksum', 16);

const SEQ = 4;
const ACK = 8;
const OFFSET_FLAGS_WINDOW = 12;
const CHECKSUM = 16;
const URGENT_POINTER = 18;

const END_OF_LIST = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const USER_TIMEOUT = 28;

const MSS_LENGTH = 4;
const WINDOW_SCALE_LENGTH = 3;
const SACK_PERMITTED_LENGTH = 2;
const SACK_BLOCK_LENGTH = 8;
const TIMESTAMPS_LENGTH = 10;
const USER_TIMEOUT_LENGTH = 4;

/** Two no-operations before a timestamps option, as every stack sends it on a segment without SYN. @rfc 7323 A */
const ALIGNED_TIMESTAMPS =
  (NO_OPERATION << 24) | (NO_OPERATION << 16) | (TIMESTAMPS << 8) | TIMESTAMPS_LENGTH;

/** A larger shift is used as if it were 14. @rfc 7323 2.3 */
const WINDOW_SCALE_MAX = 14;

const TRUNCATED = malformed('tcp', 'truncated', 0);
const BAD_DATA_OFFSET = malformed('tcp', 'bad-length', OFFSET_FLAGS_WINDOW);
/** One for each place in the header where an option can begin. */
const BAD_OPTION = Array.from({ length: TCP_HEADER_LENGTH_MAX }, (_, at) =>
  malformed('tcp', 'bad-length', at),
);

/**
 * Read the segment bytes[start, end). It says what stands on the wire; which options count on which segment is for the
 * connection to decide. Of an option given twice the last counts, as in Linux. A known option of a wrong length is
 * skipped. An option whose length is below 2 or passes the header's end makes the segment malformed: RFC 9293 suggests
 * resetting the connection, but then anyone who can forge one octet could close it, so the segment is dropped instead.
 *
 * @param into filled, its payload by reference to `bytes`; holds nothing of use when the segment is malformed
 * @returns null when it is good
 * @rfc 9293 3.1 MUST-1, MUST-4, MUST-5, MUST-6, MUST-7, MUST-68, REC-1, 3.2 MUST-64
 */
export function parseSegment(bytes: Uint8Array, start: number, end: number, into: Segment): Malformed | null {
  if (end - start < HEADER_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  const ports = view.getInt32(start);
  const seq = view.getUint32(start + SEQ);
  const ack = view.getUint32(start + ACK);
  const offsetFlagsWindow = view.getInt32(start + OFFSET_FLAGS_WINDOW);
  const up = view.getUint16(start + URGENT_POINTER);
  const payloadStart = start + ((offsetFlagsWindow >>> 26) & 0x3c);
  if (payloadStart < start + HEADER_LENGTH || payloadStart > end) return BAD_DATA_OFFSET;

  into.sourcePort = ports >>> 16;
  into.destinationPort = ports & 0xffff;
  into.seq = seq as Seq;
  into.ack = ack as Seq;
  into.flags = (offsetFlagsWindow >>> 16) & 0xff;
  into.wnd = offsetFlagsWindow & 0xffff;
  into.up = up;
  into.bytes = bytes;
  into.payloadStart = payloadStart;
  into.payloadEnd = end;
  into.clearOptions();
  if (payloadStart === start + HEADER_LENGTH) return null;
  return parseOptions(view, start, payloadStart, into);
}

/** Read the options of the header that begins at `start` and ends at `end` into a record without any. */
export function parseOptions(view: DataView, start: number, end: number, into: Segment): Malformed | null {
  let at = start + HEADER_LENGTH;
  while (at < end) {
    const kind = view.getUint8(at);
    // What follows the end of the list is padding, whatever its octets (MUST-69 binds the sender).
    if (kind === END_OF_LIST) return null;
    if (kind === NO_OPERATION) {
      at += 1;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) return BAD_OPTION[at - start];
    if (kind === TIMESTAMPS && length === TIMESTAMPS_LENGTH) {
      into.timestamps = true;
      into.tsVal = view.getUint32(at + 2);
      into.tsEcr = view.getUint32(at + 6);
    } else if (kind === SACK && length > 2 && (length - 2) % SACK_BLOCK_LENGTH === 0) {
      into.sack = parseSack(view, at + 2, at + length);
    } else if (kind === MSS && length === MSS_LENGTH) {
      into.mss = view.getUint16(at + 2);
    } else if (kind === WINDOW_SCALE && length === WINDOW_SCALE_LENGTH) {
      into.windowScale = Math.min(view.getUint8(at + 2), WINDOW_SCALE_MAX);
    } else if (kind === SACK_PERMITTED && length === SACK_PERMITTED_LENGTH) {
      into.sackPermitted = true;
    } else if (kind === USER_TIMEOUT && length === USER_TIMEOUT_LENGTH) {
      into.userTimeout = view.getUint16(at + 2);
    }
    at += length;
  }
  return null;
}

/** The one thing of a parse that allocates: it comes after a loss, and a receiver keeps the blocks. @rfc 2018 3 */
function parseSack(view: DataView, start: number, end: number): SackBlock[] {
  const blocks: SackBlock[] = [];
  for (let at = start; at < end; at += SACK_BLOCK_LENGTH) {
    blocks.push({ left: view.getUint32(at) as Seq, right: view.getUint32(at + 4) as Seq });
  }
  return blocks;
}

/** Octets of header that `writeSegment` makes for this segment: 20 to 60, a multiple of 4. */
export function headerLength(segment: Segment): Octets {
  let length = HEADER_LENGTH;
  if (segment.mss > 0) length += 4;
  if (segment.timestamps) length += 12;
  else if (segment.sackPermitted) length += 4;
  if (segment.windowScale >= 0) length += 4;
  if (segment.userTimeout >= 0) length += 4;
  if (segment.sack.length > 0) length += 4 + SACK_BLOCK_LENGTH * sackBlocksThatFit(segment, length);
  return length;
}

/** As many blocks as there is room for; the first are the most recent. @rfc 2018 4 */
function sackBlocksThatFit(segment: Segment, lengthBefore: Octets): number {
  const room = (TCP_HEADER_LENGTH_MAX - lengthBefore - 4) >> 3;
  return Math.min(segment.sack.length, room);
}

/**
 * Write header, options and payload at `start`, with 0 in the checksum field: `fillChecksum` is the next step.
 *
 * Options stand where Linux puts them, so that captures read alike: MSS, SACK-permitted and timestamps (filled up with
 * no-operations in front where one is absent), no-operation and window scale, user timeout, SACK blocks. Of the blocks as
 * many as fit.
 *
 * @returns octets written: `headerLength(segment)` and the payload
 * @throws MisuseError `no-room` when `into` ends before the segment does
 * @rfc 9293 3.1; 7323 2, 3, A; 2018 2, 3; 5482 3.3
 */
export function writeSegment(segment: Segment, into: Uint8Array, start: number): Octets {
  const header = headerLength(segment);
  const payloadLength = segment.payloadEnd - segment.payloadStart;
  const view = viewOf(into);
  if (start + header + payloadLength > into.length) throw noRoom(header + payloadLength, into.length - start);
  // The payload first: it may lie in `into` itself, where the header is about to be.
  if (payloadLength > 0) copyPayload(segment, into, start + header);
  view.setInt32(start, (segment.sourcePort << 16) | (segment.destinationPort & 0xffff));
  view.setUint32(start + SEQ, segment.seq);
  view.setUint32(start + ACK, segment.ack);
  const flags = segment.flags & 0xff;
  view.setInt32(start + OFFSET_FLAGS_WINDOW, (header << 26) | (flags << 16) | (segment.wnd & 0xffff));
  // The checksum's 0 and the urgent pointer.
  view.setInt32(start + CHECKSUM, segment.up & 0xffff);
  if (header > HEADER_LENGTH) writeOptions(segment, view, start);
  return header + payloadLength;
}

/** Write the options, which begin 20 octets behind `start`. @rfc 9293 3.1 MUST-69 */
export function writeOptions(segment: Segment, view: DataView, start: number): void {
  let at = start + HEADER_LENGTH;
  if (segment.mss > 0) {
    view.setInt32(at, (MSS << 24) | (MSS_LENGTH << 16) | (segment.mss & 0xffff));
    at += 4;
  }
  if (segment.timestamps) {
    view.setInt32(at, segment.sackPermitted ? SACK_PERMITTED_TIMESTAMPS : ALIGNED_TIMESTAMPS);
    view.setUint32(at + 4, segment.tsVal);
    view.setUint32(at + 8, segment.tsEcr);
    at += 12;
  } else if (segment.sackPermitted) {
    view.setInt32(at, ALIGNED_SACK_PERMITTED);
    at += 4;
  }
  if (segment.windowScale >= 0) {
    view.setInt32(at, ALIGNED_WINDOW_SCALE | (segment.windowScale & 0xff));
    at += 4;
  }
  if (segment.userTimeout >= 0) {
    const head = (USER_TIMEOUT << 24) | (USER_TIMEOUT_LENGTH << 16);
    view.setInt32(at, head | (segment.userTimeout & 0xffff));
    at += 4;
  }
  if (segment.sack.length > 0) writeSack(segment, view, at, sackBlocksThatFit(segment, at - start));
}

const SACK_PERMITTED_TIMESTAMPS =
  (SACK_PERMITTED << 24) | (SACK_PERMITTED_LENGTH << 16) | (TIMESTAMPS << 8) | TIMESTAMPS_LENGTH;
const ALIGNED_SACK_PERMITTED =
  (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK_PERMITTED << 8) | SACK_PERMITTED_LENGTH;
const ALIGNED_WINDOW_SCALE = (NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (WINDOW_SCALE_LENGTH << 8);
const ALIGNED_SACK = (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK << 8);

function writeSack(segment: Segment, view: DataView, start: number, count: number): void {
  view.setInt32(start, ALIGNED_SACK | (2 + SACK_BLOCK_LENGTH * count));
  let at = start + 4;
  for (const { left, right } of segment.sack.slice(0, count)) {
    view.setUint32(at, left);
    view.setUint32(at + 4, right);
    at += SACK_BLOCK_LENGTH;
  }
}

/** Copy the payload to `at`; it may lie in the same array. */
export function copyPayload(
  { bytes, payloadStart, payloadEnd }: Segment,
  into: Uint8Array,
  at: number,
): void {
  // Within one array no view is needed; between two, making one costs less than any loop over more than a few octets.
  if (bytes === into) into.copyWithin(at, payloadStart, payloadEnd);
  else into.set(bytes.subarray(payloadStart, payloadEnd), at);
}

/**
 * Put the checksum into a written segment, whose field must still be 0.
 *
 * @param pseudoSum of `pseudoHeaderSum` for this segment's length
 * @rfc 9293 3.1 MUST-2
 */
export function fillChecksum(into: Uint8Array, start: number, end: number, pseudoSum: number): void {
  const sum = checksum(into, start, end, pseudoSum);
  viewOf(into).setUint16(start + CHECKSUM, ~sum & 0xffff);
}

function noRoom(wanted: Octets, there: Octets): MisuseError {
  return new MisuseError('no-room', `a segment of ${wanted} octets does not fit into ${there}`);
}
