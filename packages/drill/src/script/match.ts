/** Whether a packet is the one that a script expects. Nobody else decides that. */
import { printOption } from './print-script.ts';
import type { IpInfo, TcpOption, TcpPacket } from './syntax.ts';
import type { LivePacket, LiveTcp } from './wire-packet.ts';

/**
 * `exact` = every field that the script names, as packetdrill has it. `semantic`, for stacks other than the one a script
 * was written for = flags, numbers, payload and the set of options by meaning.
 */
export type MatchMode = 'exact' | 'semantic';

export interface Comparison {
  /** Why it is another packet; empty = it is this one. */
  readonly differences: readonly string[];
  /** What differs and was let pass. */
  readonly forgiven: readonly string[];
}

export function comparePackets(
  mode: MatchMode,
  expected: { readonly ip: IpInfo; readonly tcp: TcpPacket },
  seen: { readonly live: LiveTcp; readonly tcp: TcpPacket },
): Comparison {
  const differences: string[] = [];
  const forgiven: string[] = [];
  const say = (into: string[], what: string, wanted: unknown, got: unknown) => {
    if (wanted !== got) into.push(`${what} ${String(got)} instead of ${String(wanted)}`);
  };
  const a = expected.tcp;
  const b = seen.tcp;
  compareFlags(mode, a.flags, b.flags, differences, forgiven);
  say(differences, 'sequence number', a.seq, b.seq);
  say(differences, 'length', a.length, b.length);
  if (a.ack !== null) say(differences, 'acknowledgement', a.ack, b.ack);
  // A window on a reset means nothing, and is still what the script says.
  if (a.win !== null) say(mode === 'exact' ? differences : forgiven, 'window', a.win, b.win);
  if (a.urg !== null || b.flags.includes('U')) say(differences, 'urgent pointer', a.urg ?? 0, b.urg ?? 0);
  if (a.options !== null) compareOptions(mode, a.options, b.options ?? [], differences, forgiven);
  compareIp(mode, expected.ip, seen.live, differences, forgiven);
  return { differences, forgiven };
}

function compareFlags(
  mode: MatchMode,
  a: string,
  b: string,
  differences: string[],
  forgiven: string[],
): void {
  if (a === b) return;
  const message = `flags ${b || '-'} instead of ${a || '-'}`;
  // PUSH tells when octets are handed on, not what they are: where a sender sets it is its own affair.
  const withoutPush = a.replace('P', '') === b.replace('P', '');
  (mode === 'semantic' && withoutPush ? forgiven : differences).push(message);
}

function compareOptions(
  mode: MatchMode,
  a: readonly TcpOption[],
  b: readonly TcpOption[],
  differences: string[],
  forgiven: string[],
): void {
  const wanted = list(a);
  const got = list(b);
  const same = a.length === b.length && a.every((option, i) => sameOption(option, b[i]));
  if (same) return;
  const message = `options ${got} instead of ${wanted}`;
  if (mode === 'exact') {
    differences.push(message);
    return;
  }
  const meaningful = (options: readonly TcpOption[]) =>
    options
      .filter(({ kind }) => kind !== 'nop' && kind !== 'eol')
      .toSorted((x, y) => (x.kind < y.kind ? -1 : 1));
  const left = meaningful(a);
  const right = meaningful(b);
  const alike = left.length === right.length && left.every((option, i) => meansTheSame(option, right[i]));
  (alike ? forgiven : differences).push(message);
}

function list(options: readonly TcpOption[]): string {
  return `<${options.map(printOption).join(',')}>`;
}

function sameOption(a: TcpOption, b: TcpOption): boolean {
  if (a.kind === 'TS' && b.kind === 'TS') {
    return (a.val === null || a.val === b.val) && (a.ecr === null || a.ecr === b.ecr);
  }
  return printOption(a) === printOption(b);
}

/** Another stack's window scale and clock are its own affair; what it acknowledges or allows is not. */
function meansTheSame(a: TcpOption, b: TcpOption): boolean {
  if (a.kind === 'wscale' && b.kind === 'wscale') return true;
  if (a.kind === 'TS' && b.kind === 'TS') return a.ecr === null || a.ecr === b.ecr;
  return sameOption(a, b);
}

const ECN: Record<string, number> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };

function compareIp(
  mode: MatchMode,
  { ecn, tos, ttl, flowLabel }: IpInfo,
  live: LiveTcp,
  differences: string[],
  forgiven: string[],
): void {
  const codepoint = live.tos & 3;
  const right = ecn === 'ect01' ? codepoint === 1 || codepoint === 2 : ecn === null || ECN[ecn] === codepoint;
  if (!right) differences.push(`ECN codepoint ${codepoint} instead of ${String(ecn)}`);
  if (tos !== null && tos !== live.tos) differences.push(`type of service ${live.tos} instead of ${tos}`);
  if (flowLabel !== null && flowLabel !== live.flowLabel) {
    differences.push(`flow label ${live.flowLabel} instead of ${flowLabel}`);
  }
  if (ttl !== null && ttl !== live.ttl) {
    (mode === 'exact' ? differences : forgiven).push(`time to live ${live.ttl} instead of ${ttl}`);
  }
}

/** Two segments that follow each other, as one; null when they do not. */
export function joinSegments(first: LiveTcp, second: LivePacket): LiveTcp | null {
  if (second.kind !== 'tcp' || second.payload.length === 0 || first.payload.length === 0) return null;
  const { source, destination } = first.ports;
  const sameFlow = second.ports.source === source && second.ports.destination === destination;
  const follows = second.seq === (first.seq + first.payload.length) >>> 0 && second.ack === first.ack;
  const plain = /^P?\.$/.test(first.flags) && /^F?P?\.$/.test(second.flags);
  if (!sameFlow || !follows || !plain) return null;
  const payload = new Uint8Array(first.payload.length + second.payload.length);
  payload.set(first.payload);
  payload.set(second.payload, first.payload.length);
  return { ...second, seq: first.seq, payload };
}
