/** Whether a packet of the stack is the one that the script expects next, with all that its connection knows. */
import type { Flow } from './flow.ts';
import type { FlowTable } from './flow-table.ts';
import { icmpNames } from './icmp-names.ts';
import { comparePackets, joinSegments, type MatchMode } from './match.ts';
import type { PacketAction } from './syntax.ts';
import type { LivePacket } from './wire-packet.ts';

export interface PacketJudge {
  readonly mode: MatchMode;
  readonly flows: FlowTable;
  /** Of the stack, and of its peer. */
  readonly localAddress: string;
  readonly remoteAddress: string;
}

export interface PacketJudgement {
  /** What of it is not as the script says, in words to follow the packet; null = it is the one. */
  readonly wrong: string | null;
  readonly forgiven: readonly string[];
}

export function judgePacket(
  judge: PacketJudge,
  { ip, body }: PacketAction,
  live: LivePacket,
): PacketJudgement {
  if (body.kind === 'icmp') {
    const same =
      live.kind === 'icmp' && live.type === icmpNames(live.version).echoReply && body.type === 'echo_reply';
    return same && (body.id === null || body.id === live.id) ? RIGHT : wrong('');
  }
  if (body.kind !== 'tcp' || live.kind !== 'tcp') return wrong('');
  const flow = judge.flows.expected(body.ports);
  const addressed = live.from === judge.localAddress && live.to === judge.remoteAddress;
  if (flow === null || !flow.owns(live.ports) || !addressed) return wrong(' of another connection');
  flow.learn(live, body.seq);
  learnClock(flow, body.options ?? [], live.options);
  const tcp = flow.toScript(live);
  const { differences, forgiven } = comparePackets(judge.mode, { ip, tcp: body }, { live, tcp });
  if (differences.length > 0) return wrong(` (${differences.join(', ')})`);
  const octet = flow.written.differsAt(tcp.seq - 1, live.payload);
  if (octet >= 0) return wrong(` (octet ${octet} of its payload is not what was written)`);
  return { wrong: null, forgiven };
}

/**
 * The segments at the head of `queue` as the one that the script expects, where its stack left the cutting to hardware.
 *
 * @returns how many of them it takes, and what they make; 1 when the first stands for itself
 */
export function gather(
  { mode }: PacketJudge,
  { body }: PacketAction,
  queue: readonly LivePacket[],
): { readonly count: number; readonly live: LivePacket } {
  let [live] = queue;
  let count = 1;
  while (mode === 'semantic' && body.kind === 'tcp' && live.kind === 'tcp' && count < queue.length) {
    const joined = live.payload.length < body.length ? joinSegments(live, queue[count]) : null;
    if (joined === null || joined.payload.length > body.length) break;
    live = joined;
    count++;
  }
  return { count, live };
}

const RIGHT: PacketJudgement = { wrong: null, forgiven: [] };

function wrong(what: string): PacketJudgement {
  return { wrong: what, forgiven: [] };
}

type Options = readonly { readonly kind: string; readonly val?: number | null }[];

/** The first timestamp of the stack says how its clock stands to the script's. */
function learnClock(flow: Flow, expected: Options, seen: Options): void {
  if (flow.timestampOffset !== null) return;
  const wanted = expected.find(({ kind }) => kind === 'TS')?.val ?? null;
  const got = seen.find(({ kind }) => kind === 'TS')?.val ?? null;
  if (wanted !== null && got !== null) flow.timestampOffset = (got - wanted) >>> 0;
}
