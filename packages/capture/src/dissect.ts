/** What a captured frame says, as plain values that live on. A capture shows what was on the wire, so bad checksums too. */
import type { Octets } from '@tcblab/tcp';
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  ICMPV6_ECHO_REPLY,
  IpPacket,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  PROTOCOL_TCP,
  Segment,
  checksum,
  describeFrame,
  formatAddress,
  parseEthernet,
  isUnspecified,
  parseIp,
  parseSegment,
  pseudoHeaderSum,
} from '@tcblab/tcp/wire';
import type { SackBlock } from '@tcblab/tcp/wire';
import type { CapturedPacket } from './captured.ts';
import { CHECKSUM_NOT_READY } from './pcapng/format.ts';

/** The numbers of a segment's header. Each reader says what its sequence numbers count from. */
export interface SegmentFields {
  readonly seq: number;
  /** Means nothing without the ACK bit. */
  readonly ack: number;
  readonly flags: number;
  /** The raw field. */
  readonly wnd: number;
  /** Octets of payload. */
  readonly length: Octets;
  /** 0 = absent. */
  readonly mss: Octets;
  /** -1 = absent. */
  readonly windowScale: number;
  readonly sackPermitted: boolean;
  readonly timestamps: boolean;
}

/** A TCP segment that was seen. Sequence numbers are as on the wire. */
export interface SeenSegment extends SegmentFields {
  readonly kind: 'tcp';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sack: readonly SackBlock[];
  /** Whether its checksum is right, or was still to be made when the frame was seen. */
  readonly sound: boolean;
}

/** Something else, in one line. */
export interface SeenOther {
  readonly kind: 'other';
  /** Whether it belongs to what two hosts say to each other, rather than to what a kernel says unasked. */
  readonly relevant: boolean;
  readonly text: string;
}

export type Seen = SeenSegment | SeenOther;

const ethernet = new EthernetHeader();
const packetRead = new IpPacket();
const segment = new Segment();

export function dissect(packet: CapturedPacket): Seen {
  const { bytes } = packet;
  if (parseEthernet(bytes, 0, bytes.length, ethernet) !== null) return other(bytes, false);
  const { etherType } = ethernet;
  if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) {
    return other(bytes, etherType === ETHERTYPE_ARP);
  }
  if (parseIp(bytes, ethernet.payloadStart, bytes.length, packetRead) !== null) return other(bytes, true);
  const ip = packetRead.header;
  const { payloadStart, payloadEnd } = ip;
  if (ip.protocol !== PROTOCOL_TCP || parseSegment(bytes, payloadStart, payloadEnd, segment) !== null) {
    return other(bytes, isSaidToSomebody(packetRead, bytes));
  }
  const pseudo = pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, payloadEnd - payloadStart);
  const sound =
    (packet.flags & CHECKSUM_NOT_READY) !== 0 || checksum(bytes, payloadStart, payloadEnd, pseudo) === 0xffff;
  const { sourcePort, destinationPort, seq, ack, flags, wnd, mss, windowScale, sackPermitted, timestamps } =
    segment;
  return {
    kind: 'tcp',
    source: formatAddress(ip.source),
    sourcePort,
    destination: formatAddress(ip.destination),
    destinationPort,
    seq,
    ack,
    flags,
    wnd,
    length: segment.payloadLength,
    mss,
    windowScale,
    sackPermitted,
    timestamps,
    sack: segment.sack,
    sound,
  };
}

/** Of ICMPv6, errors, echoes, and who asks for whom; not who is there, which routers are, and which groups are heard. */
function isSaidToSomebody({ header, ipv6, isIcmp }: IpPacket, bytes: Uint8Array): boolean {
  if (header !== ipv6) return true;
  if (!isIcmp) return header.protocol !== 0;
  const type = bytes[header.payloadStart];
  const asks = type === NEIGHBOR_SOLICITATION || type === NEIGHBOR_ADVERTISEMENT;
  return asks ? !isUnspecified(header.source) : type <= ICMPV6_ECHO_REPLY;
}

function other(bytes: Uint8Array, relevant: boolean): SeenOther {
  return { kind: 'other', relevant, text: describeFrame(bytes, 0, bytes.length) };
}
