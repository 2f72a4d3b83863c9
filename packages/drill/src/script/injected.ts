/** The octets of a packet that a script injects. */
import { icmpNames } from './icmp-names.ts';
import { ScriptError } from './problem.ts';
import type { Flow } from './flow.ts';
import type { IcmpPacket, IpInfo, PacketAction } from './syntax.ts';
import { tosOf, writeIcmpPacket, writeTcp, type Envelope } from './wire-packet.ts';

const USUAL_TTL = 255;
/** @throws ScriptError for what has no octets */
export function writeInjected(
  { ip, body }: PacketAction,
  flow: Flow,
  { from, to }: { from: string; to: string },
): Uint8Array {
  const envelope = { from, to, tos: tosOf(ip), ttl: ip.ttl ?? USUAL_TTL, flowLabel: ip.flowLabel ?? 0 };
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

function writeIcmp({ type, code, mtu, id, quoted }: IcmpPacket, flow: Flow, envelope: Envelope): Uint8Array {
  const { types, codes, echoRequest, echoReply } = icmpNames(envelope.from.includes(':') ? 6 : 4);
  const kind = Object.hasOwn(types, type) ? types[type] : undefined;
  const number = code === null ? 0 : Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (kind === undefined || number === undefined) {
    throw new ScriptError({ line: 1, column: 1 }, `there is no ICMP message ${type} ${code ?? ''}`.trimEnd());
  }
  const echo = kind === echoRequest || kind === echoReply;
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
    flowLabel: 0,
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
