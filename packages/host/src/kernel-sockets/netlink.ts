/** Netlink, the kernel's own protocol for its tables: messages of attributes out, answers in, without any wait. */
import { demand, outcome } from './errno.ts';
import type { KernelSocket } from './kernel-socket.ts';

export const NETLINK = { ROUTE: 0, SOCK_DIAG: 4 } as const;

/** Flags of a request. */
export const NLM = { REQUEST: 0x1, ACK: 0x4, DUMP: 0x300, EXCL: 0x200, CREATE: 0x400 } as const;

const DONE = 3;
const ERROR = 2;
const HEADER = 16; // struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port
const NESTED = 0x8000;
const MOST_ANSWERS = 100_000;

/** An attribute: a number of two octets, and its payload; an array of attributes nests. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** Text with the zero octet that netlink wants at its end. */
export function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`, 'utf8');
}

/** Lay out attributes, each padded to four octets. */
export function attributes(list: readonly Attribute[]): Uint8Array {
  return concat(
    list.map(([type, value]) => {
      const payload = value instanceof Uint8Array ? value : attributes(value);
      const kind = value instanceof Uint8Array ? type : type | NESTED;
      return concat([new Uint8Array(Uint16Array.of(4 + payload.length, kind).buffer), payload]);
    }),
  );
}

/** Read the attributes in `bytes`: payload by type. Of a repeated type the last stays. */
export function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (length < 4) break;
    found.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}

/**
 * Ask the kernel one thing and read all of its answer. The kernel answers within the call that sends: nothing waits.
 *
 * @param request `body` is the structure that the type calls for, followed by `attributes`
 * @param tried completes "cannot …"
 * @returns the bodies of the messages answered; empty for a request that is only acknowledged
 * @throws MachineError when the kernel refuses
 */
export function ask(
  socket: KernelSocket,
  request: { type: number; flags: number; body: Uint8Array; attributes?: readonly Attribute[] },
  tried: string,
): Uint8Array[] {
  const payload = concat([request.body, attributes(request.attributes ?? [])]);
  const header = new Uint8Array(HEADER);
  const view = viewOf(header);
  view.setUint32(0, HEADER + payload.length, true);
  view.setUint16(4, request.type, true);
  view.setUint16(6, request.flags | NLM.REQUEST, true);
  demand(socket.send(concat([header, payload])), tried);

  const dump = (request.flags & NLM.DUMP) === NLM.DUMP;
  const answers: Uint8Array[] = [];
  const buffer = new Uint8Array(64 * 1024);
  while (answers.length < MOST_ANSWERS) {
    const octets = demand(socket.read(buffer), tried);
    for (const message of messages(buffer.subarray(0, octets))) {
      if (message.type === DONE) return answers;
      if (message.type === ERROR) {
        demand(outcome(viewOf(message.body).getInt32(0, true)), tried);
        return answers;
      }
      answers.push(message.body.slice());
    }
    if (!dump && (request.flags & NLM.ACK) === 0) return answers;
  }
  return answers;
}

function* messages(bytes: Uint8Array): Generator<{ type: number; body: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = 0; at + HEADER <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < HEADER) return;
    yield { type: view.getUint16(at + 4, true), body: bytes.subarray(at + HEADER, at + length) };
    at += aligned(length);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + aligned(part.length), 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += aligned(part.length);
  }
  return whole;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
