/** A host's capture as TCP segments with relative numbers: what the judge looks at. */
import type { Octets } from '@tcblab/tcp';
import {
  ACK,
  BAD_TCP_CHECKSUM,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  IpPacket,
  PROTOCOL_TCP,
  Segment,
  checksum,
  formatAddress,
  formatFlags,
  parseEthernet,
  parseIp,
  parseSegment,
  pseudoHeaderSum,
  seq as toSeq,
  seqDistance,
} from '@tcblab/tcp/wire';
import type { Malformed } from '@tcblab/tcp/wire';
import type { HostEvidence, TappedFrame } from './evidence.ts';

/** One segment as it passed one host's tap. */
export interface SightedSegment {
  /** Frame number in that host's capture. */
  readonly frame: number;
  readonly direction: 'in' | 'out';
  /** Address of the sender. */
  readonly from: string;
  readonly flags: number;
  /** Relative to the sender's ISS: the SYN is 0, the first octet 1. */
  readonly seq: number;
  /** Relative to the other end's ISS; 0 when there is no ACK bit. */
  readonly ack: number;
  /** Octets of payload. */
  readonly length: Octets;
  /** What it carries reaches this place of the sequence space, SYN and FIN counting one each. */
  readonly to: number;
  /** All of it was sent before. */
  readonly again: boolean;
}

/** A segment that cannot be what its sender meant. */
export interface BadSegment {
  readonly frame: number;
  readonly direction: 'in' | 'out';
  readonly fault: Malformed;
}

export interface Sightings {
  readonly segments: readonly SightedSegment[];
  readonly bad: readonly BadSegment[];
}

/**
 * The TCP segments between the two hosts in one host's capture, in order. Everything else on the wire is passed over.
 *
 * @param addresses of both hosts
 */
export function sightSegments(host: HostEvidence, addresses: readonly string[]): Sightings {
  const segments: SightedSegment[] = [];
  const bad: BadSegment[] = [];
  const flows = new Map<string, Flow>();
  const reader = new SegmentReader();
  for (const frame of host.frames) {
    const fault = reader.read(frame);
    if (fault === 'other' || !addresses.includes(reader.from) || !addresses.includes(reader.to)) continue;
    if (fault === null) segments.push(place(frame, reader, flows));
    else bad.push({ frame: frame.index, direction: frame.direction, fault });
  }
  return { segments, bad };
}

/** Such as `SYN,ACK seq 0 ack 1` or `ACK seq 1 ack 1 length 5`. */
export function describeSighted({ flags, seq, ack, length }: SightedSegment): string {
  const words = [`${formatFlags(flags)} seq ${seq}`];
  if ((flags & ACK) !== 0) words.push(`ack ${ack}`);
  if (length > 0) words.push(`length ${length}`);
  return words.join(' ');
}

/** One direction of one connection. */
interface Flow {
  /** Absolute number that counts as 0. */
  iss: number;
  /** How far it has been sent, relative. */
  sent: number;
}

function place(
  frame: TappedFrame,
  { from, to, segment }: SegmentReader,
  flows: Map<string, Flow>,
): SightedSegment {
  const forward = `${from}:${segment.sourcePort} ${to}:${segment.destinationPort}`;
  const backward = `${to}:${segment.destinationPort} ${from}:${segment.sourcePort}`;
  let flow = flows.get(forward);
  // A SYN with another number is a new connection on the same ports.
  const isNew = segment.syn && flow !== undefined && flow.iss !== segment.seq;
  if (flow === undefined || isNew) {
    flow = { iss: segment.syn ? segment.seq : segment.seq - 1, sent: 0 };
    flows.set(forward, flow);
  }
  const peer = flows.get(backward);
  const seq = distance(flow.iss, segment.seq);
  const end = seq + segment.len;
  const again = segment.len > 0 && end <= flow.sent;
  flow.sent = Math.max(flow.sent, end);
  return {
    frame: frame.index,
    direction: frame.direction,
    from,
    flags: segment.flags,
    seq,
    ack: segment.hasAck ? distance(peer?.iss ?? segment.ack - 1, segment.ack) : 0,
    length: segment.payloadLength,
    to: end,
    again,
  };
}

function distance(from: number, to: number): number {
  return seqDistance(toSeq(from), toSeq(to));
}

/** Reads one frame after another into the same records. */
class SegmentReader {
  readonly segment = new Segment();
  from = '';
  to = '';
  readonly #ethernet = new EthernetHeader();
  readonly #packet = new IpPacket();

  /** @returns null for a good TCP segment, its fault for a bad one, `other` when the frame holds no TCP */
  read({ bytes, checksumNotReady }: TappedFrame): Malformed | 'other' | null {
    const ethernet = this.#ethernet;
    if (parseEthernet(bytes, 0, bytes.length, ethernet) !== null) return 'other';
    const { etherType, payloadStart, payloadEnd } = ethernet;
    if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) return 'other';
    if (parseIp(bytes, payloadStart, payloadEnd, this.#packet) !== null) return 'other';
    const ip = this.#packet.header;
    if (ip.protocol !== PROTOCOL_TCP) return 'other';
    this.from = formatAddress(ip.source);
    this.to = formatAddress(ip.destination);
    if (checksumNotReady !== true) {
      const pseudo = pseudoHeaderSum(
        ip.source,
        ip.destination,
        PROTOCOL_TCP,
        ip.payloadEnd - ip.payloadStart,
      );
      if (checksum(bytes, ip.payloadStart, ip.payloadEnd, pseudo) !== 0xffff) return BAD_TCP_CHECKSUM;
    }
    return parseSegment(bytes, ip.payloadStart, ip.payloadEnd, this.segment);
  }
}
