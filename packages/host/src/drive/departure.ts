/** Which of a stack's records belong to a frame that leaves, although a segment may have to wait for its neighbour's address. */
import type { TraceEvent } from '@tcblab/tcp/trace';
import type { Octets } from '@tcblab/tcp';

/** What is to be told of one frame on its way out. */
export interface Departure {
  /** Records of which this frame is the packet. */
  readonly records: readonly TraceEvent[];
  /** What is worth noting beside it: these records, or more that were told before. */
  readonly notes: readonly TraceEvent[];
  /** Records that have nothing to do with it. */
  readonly others: readonly TraceEvent[];
}

export const NOTHING_TO_TELL: Departure = { records: [], notes: [], others: [] };

export class Departures {
  /** Segments that the TCB has sent and the link has not: their next hop is not known yet. */
  readonly #waiting: { readonly sent: TraceEvent; readonly notes: readonly TraceEvent[] }[] = [];

  /** @param events what the stack told while it made the frame bytes[start, start + length) */
  match(events: readonly TraceEvent[], bytes: Uint8Array, start: number, length: Octets): Departure {
    if (events.length === 0 && this.#waiting.length === 0) return NOTHING_TO_TELL;
    const sent = events.find((event) => event.name === 'segment_sent');
    if (sent !== undefined) {
      const own = events.filter((event) => event.connection === sent.connection);
      const others = events.filter((event) => event.connection !== sent.connection);
      if (carries(sent, bytes, start, length)) return { records: own, notes: own, others };
      if (this.#waiting.length === MOST_WAITING) this.#waiting.shift();
      this.#waiting.push({ sent, notes: own });
      return { records: [], notes: [], others: events.filter((event) => event !== sent) };
    }
    const at = this.#waiting.findIndex((one) => carries(one.sent, bytes, start, length));
    if (at < 0) return { records: [], notes: [], others: events };
    const [one] = this.#waiting.splice(at, 1);
    return { records: [one.sent], notes: one.notes, others: events };
  }
}

/** Whether a frame of ours is the segment that a record tells of. */
function carries(event: TraceEvent, bytes: Uint8Array, start: number, length: Octets): boolean {
  if (event.name !== 'segment_sent' || length < LEAST_FRAME) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  const tcp = segmentAt(view);
  if (tcp < 0 || tcp + 20 > length) return false;
  const { seq, ack, flags } = event.segment;
  return (
    view.getUint32(tcp + 4) === seq && view.getUint32(tcp + 8) === ack && view.getUint8(tcp + 13) === flags
  );
}

/** Where the segment begins in a frame that our stack made; -1 = it is none. */
function segmentAt(view: DataView): number {
  const type = view.getUint16(ETHERTYPE);
  if (type === 0x86dd) return view.getUint8(IP + 6) === TCP ? IP + 40 : -1;
  return type === 0x0800 && view.getUint8(IP + 9) === TCP ? IP + (view.getUint8(IP) & 0xf) * 4 : -1;
}

const ETHERTYPE = 12;
const IP = 14;
const TCP = 6;
const LEAST_FRAME = IP + 20 + 20;
/** What a link holds is bounded too; the oldest is lost. */
const MOST_WAITING = 64;
