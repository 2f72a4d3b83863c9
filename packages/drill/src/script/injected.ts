/** The octets of a packet that a script injects. */
import { ScriptError } from './problem.ts';
import type { Flow } from './flow.ts';
import type { IcmpPacket, IpInfo, PacketAction } from './syntax.ts';
import { tosOf, writeIcmpPacket, writeTcp } from './wire-packet.ts';

const USUAL_TTL = 255;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

const TYPES: Record<string, number> = {
  echo_reply: ECHO_REPLY,
  unreachable: 3,
  dst_unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: ECHO_REQUEST,
  time_exceeded: 11,
  parameter_problem: 12,
};

const CODES: Record<string, number> = {
  net_unreachable: 0,
  host_unreachable: 1,
  protocol_unreachable: 2,
  port_unreachable: 3,
  frag_needed: 4,
  source_route_failed: 5,
  net_unknown: 6,
  host_unknown: 7,
  source_host_isolated: 8,
  net_prohibited: 9,
  host_prohibited: 10,
  net_unreachable_for_tos: 11,
  host_unreachable_for_tos: 12,
  communication_prohibited: 13,
  precedence_violation: 14,
  precedence_cutoff: 15,
  exceeded_ttl_in_transit: 0,
  ttl_exceeded: 0,
};

/** @throws ScriptError for what has no octets */
export function writeInjected(
  { ip, body }: PacketAction,
  flow: Flow,
  { from, to }: { from: string; to: string },
): Uint8Array {
  const envelope = { from, to, tos: tosOf(ip), ttl: ip.ttl ?? USUAL_TTL };
  switch (body.kind) {
    case 'tcp': {
      const { flags, win, urg } = body;
      return writeTcp({
        kind: 'tcp',
        ...envelope,
        ...flow.toLive(body),
        flags,
        win: win ?? 0,
        urg: urg ?? 0,
      });
    }
    case 'icmp':
      return writeIcmp(body, flow, envelope);
    case 'udp':
      // A script with UDP needs what no stack here has: it never comes this far.
      throw new ScriptError({ line: 1, column: 1 }, 'UDP cannot be injected');
  }
}

function writeIcmp(
  { type, code, mtu, id, quoted }: IcmpPacket,
  flow: Flow,
  envelope: { from: string; to: string; tos: number; ttl: number },
): Uint8Array {
  const kind = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  const number = code === null ? 0 : Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (kind === undefined || number === undefined) {
    throw new ScriptError({ line: 1, column: 1 }, `there is no ICMP message ${type} ${code ?? ''}`.trimEnd());
  }
  const echo = kind === ECHO_REQUEST || kind === ECHO_REPLY;
  const fields = { type: kind, code: number, id: id ?? 0, mtu: mtu ?? 0 };
  const body = echo ? new Uint8Array(8) : quotation(quoted, flow, envelope);
  return writeIcmpPacket(envelope, { ...fields, body });
}

/** The packet of the stack that an error is about. */
function quotation(
  quoted: IcmpPacket['quoted'],
  flow: Flow,
  { from, to }: { from: string; to: string },
): Uint8Array {
  const { length, seq } = quoted?.kind === 'tcp' ? quoted : { length: quoted?.length ?? 0, seq: 0 };
  const NONE: IpInfo['ecn'] = null;
  return writeTcp({
    kind: 'tcp',
    from: to,
    to: from,
    tos: tosOf({ ecn: NONE, tos: null, ttl: null, flowLabel: null }),
    ttl: 64,
    ports: { source: flow.localPort ?? 0, destination: flow.remotePort },
    flags: '.',
    seq: ((flow.localIsn ?? 0) + seq) >>> 0,
    ack: 0,
    win: 0,
    urg: 0,
    options: [],
    payload: new Uint8Array(length),
  });
}
