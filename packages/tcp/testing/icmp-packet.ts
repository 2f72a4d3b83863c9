/** ICMP errors about what a stack under test has sent, from a router on the way. */
import {
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  parseAddress,
  seqAdd,
  seq as toSeq,
  writeIcmp,
  writeIpv4,
} from '../src/wire/index.ts';
import type { Dialogue } from './dialogue.ts';

const ROUTER = '10.0.0.254';
const OURS = '10.0.0.1';

export interface IcmpFields {
  readonly type?: number;
  readonly code?: number;
  readonly mtu?: number;
  /** SEG.SEQ of the quoted segment, counted from our ISS. */
  readonly seq?: number;
  /** Octets of the quoted packet, as its header says. */
  readonly quotedLength?: number;
  /** What the quotation says otherwise. */
  readonly protocol?: number;
  readonly source?: string;
}

/** An error, by default "host unreachable" about our octet 1, comes to the dialogue's stack. */
export function tellIcmp(d: Dialogue, fields: IcmpFields = {}): Dialogue {
  const bytes = icmpAbout(d, fields);
  d.stack.onPacket(d.now, bytes, 0, bytes.length);
  return d;
}

export function tooBig(d: Dialogue, mtu: number, seq = 1, quotedLength = 1500): Dialogue {
  return tellIcmp(d, { type: ICMP_UNREACHABLE, code: ICMP_FRAGMENTATION_NEEDED, mtu, seq, quotedLength });
}

export function icmpAbout(
  d: Dialogue,
  {
    type = ICMP_UNREACHABLE,
    code = 1,
    mtu = 0,
    seq = 1,
    quotedLength = 1500,
    protocol = PROTOCOL_TCP,
    source = OURS,
  }: IcmpFields,
): Uint8Array {
  const quoted = new Uint8Array(28);
  const ip = new Ipv4Header();
  ip.source.copyFrom(parseAddress(source));
  ip.destination.copyFrom(parseAddress(d.peerAddress));
  ip.protocol = protocol;
  writeIpv4(ip, quoted, 0, quotedLength - 20);
  const view = new DataView(quoted.buffer);
  view.setUint16(20, d.ourPort);
  view.setUint16(22, d.peerPort);
  view.setUint32(24, seqAdd(toSeq(d.iss ?? 0), seq));
  const message = new IcmpMessage();
  message.type = type;
  message.code = code;
  message.mtu = mtu;
  message.bytes = quoted;
  message.bodyEnd = quoted.length;
  const bytes = new Uint8Array(20 + 8 + quoted.length);
  const length = writeIcmp(message, bytes, 20);
  const outer = new Ipv4Header();
  outer.source.copyFrom(parseAddress(ROUTER));
  outer.destination.copyFrom(parseAddress(OURS));
  outer.protocol = PROTOCOL_ICMP;
  outer.ttl = 64;
  writeIpv4(outer, bytes, 0, length);
  return bytes;
}
