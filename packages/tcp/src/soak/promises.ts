/** What an end promises on the wire, and whether the other keeps to it. */
import { PROTOCOL_TCP } from '../wire/ipv4.ts';
import { Segment } from '../wire/segment.ts';
import { seqDistance } from '../wire/seq.ts';
import { parseSegment } from '../wire/tcp.ts';
import type { Connection } from '../stack/connection.ts';

const IP = 14;
const HEADERS = IP + 20;

/** What one end has offered on the wire. */
export class Promises {
  readonly #segment = new Segment();
  #edge: number | null = null;

  /** The furthest octet that the peer may send, counted from its ISS; null = no window offered yet. */
  get edge(): number | null {
    return this.#edge;
  }

  sent(connection: Connection, frame: Uint8Array, peer: Promises, broken: string[]): void {
    if (frame[12] !== 0x08 || frame[13] !== 0 || frame[IP + 9] !== PROTOCOL_TCP) return;
    const segment = this.#segment;
    const length = (frame[IP + 2] << 8) | frame[IP + 3];
    if (frame.length < HEADERS || parseSegment(frame, HEADERS, IP + length, segment) !== null) return;
    const { tcb } = connection;
    if (segment.rst) return;
    const last = seqDistance(tcb.iss, segment.seq) + segment.len;
    // A probe may lie one octet beyond the window, and a FIN one more.
    if (peer.edge !== null && segment.len > 0 && !segment.syn && last > peer.edge + 2) {
      broken.push(`sends up to ${last}, beyond the window that ends at ${peer.edge}`);
    }
    if (!segment.hasAck) return;
    const unit = 1 << tcb.rcv.scale;
    const edge = seqDistance(tcb.irs, segment.ack) + (segment.syn ? segment.wnd : segment.wnd * unit);
    // Only a buffer that is promised away already lets the scale round the edge down.
    const full = tcb.reassembler.available + tcb.rcv.wnd + unit > (tcb.settings.receiveBuffer * 17) / 16;
    if (this.#edge !== null && !segment.syn && edge < this.#edge - (full ? unit - 1 : 0)) {
      broken.push(`the right edge goes back from ${this.#edge} to ${edge}`);
    }
    this.#edge = Math.max(this.#edge ?? 0, edge);
  }
}
