/** What a packetdrill script says, as values: the result of the parser, the input of the printer and the executor. */
import type { Micros, Octets } from '@tcblab/tcp';

/** Where something stands in a script's text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Script {
  readonly options: readonly ScriptOption[];
  /** Runs before the first event. */
  readonly init: Command | null;
  readonly events: readonly ScriptEvent[];
  /** Runs after the last one, whatever the verdict. */
  readonly cleanup: Command | null;
}

/** `--name=value`. */
export interface ScriptOption {
  readonly name: string;
  readonly value: string | null;
  readonly at: Position;
}

/** What stood between backquotes. */
export interface Command {
  readonly text: string;
  readonly at: Position;
}

export interface ScriptEvent {
  readonly at: Position;
  readonly time: EventTime;
  readonly action: Action;
}

/** Times count from the script's begin, relative ones from the event before. */
export type EventTime =
  | { readonly kind: 'absolute' | 'relative'; readonly micros: Micros }
  | { readonly kind: 'absolute-range' | 'relative-range'; readonly from: Micros; readonly to: Micros }
  | { readonly kind: 'any' };

export type Action = PacketAction | CallAction | ShellAction | CodeAction;

export interface PacketAction {
  readonly kind: 'packet';
  /** `in` is injected toward the stack under test, `out` is expected from it. */
  readonly direction: 'in' | 'out';
  readonly ip: IpInfo;
  readonly body: TcpPacket | UdpPacket | IcmpPacket;
}

/** What a script says of the IP header; null = nothing. */
export interface IpInfo {
  readonly ecn: 'noecn' | 'ect0' | 'ect1' | 'ect01' | 'ce' | null;
  readonly tos: number | null;
  readonly ttl: number | null;
  readonly flowLabel: number | null;
}

export const NO_IP_INFO: IpInfo = { ecn: null, tos: null, ttl: null, flowLabel: null };

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

export interface TcpPacket {
  readonly kind: 'tcp';
  readonly ports: Ports | null;
  /** Letters in the order of `FLAG_LETTERS`, a counter of AccECN, `.` for ACK last; empty = none. */
  readonly flags: string;
  readonly seq: number;
  readonly length: Octets;
  readonly ack: number | null;
  readonly win: number | null;
  readonly urg: number | null;
  /** Null = not checked. */
  readonly options: readonly TcpOption[] | null;
}

export interface UdpPacket {
  readonly kind: 'udp';
  readonly ports: Ports | null;
  readonly length: Octets;
}

export interface IcmpPacket {
  readonly kind: 'icmp';
  readonly type: string;
  readonly code: string | null;
  readonly mtu: Octets | null;
  readonly id: number | null;
  /** The packet that an error quotes. */
  readonly quoted: Quoted | null;
}

export type Quoted =
  | { readonly kind: 'tcp'; readonly seq: number; readonly length: Octets }
  | { readonly kind: 'udp' | 'raw'; readonly length: Octets };

export type TcpOption =
  | { readonly kind: 'nop' | 'eol' | 'sackOK' }
  | { readonly kind: 'mss' | 'wscale'; readonly value: number }
  | { readonly kind: 'TS'; readonly val: number | null; readonly ecr: number | null }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [left: number, right: number])[] }
  /** Fast open (its experimental form is `FOEXP`), and the MD5 signature; octets as hexadecimal digits. */
  | { readonly kind: 'FO' | 'FOEXP' | 'md5'; readonly hex: string }
  /** The counters of AccECN, as they are written. */
  | { readonly kind: 'ECN'; readonly counters: string }
  /** Seen on a wire, never written in a script. */
  | { readonly kind: 'unknown'; readonly code: number; readonly hex: string };

/** The letters of the control bits beside ACK, in the order in which they are written. */
export const FLAG_LETTERS: readonly string[] = ['S', 'F', 'R', 'P', 'U', 'E', 'W', 'A'];

export interface CallAction {
  readonly kind: 'call';
  readonly name: string;
  /** When a call that blocks is to return; null = at once. */
  readonly until: Micros | null;
  readonly args: readonly Expression[];
  readonly result: Expression;
  readonly errno: string | null;
  readonly note: string | null;
  readonly at: Position;
}

/** An argument or a result, in C's manner. */
export type Expression = { readonly at: Position } & (
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'integer'; readonly value: number; readonly hex: boolean }
  | { readonly kind: 'word'; readonly name: string }
  /** `open` = followed by `...`: the text goes on. */
  | { readonly kind: 'text'; readonly value: string; readonly open: boolean }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'function'; readonly name: string; readonly args: readonly Expression[] }
  /** Flags joined by `|`; at least two. */
  | { readonly kind: 'either'; readonly items: readonly Expression[] }
);

/** A member of a struct: `name=value`, `name(size)=value`, or a bare value. */
export interface Field {
  readonly name: string | null;
  readonly size: Expression | null;
  readonly value: Expression;
}

export interface ShellAction {
  readonly kind: 'shell';
  readonly command: Command;
}

export interface CodeAction {
  readonly kind: 'code';
  /** Between `%{` and `}%`, without the space at both ends. */
  readonly text: string;
  readonly at: Position;
}
