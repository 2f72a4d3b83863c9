/** What a runner asks of an agent, and what it gets. Everything is JSON but the pieces of files. */
import type { EndReport, HostName, PlatformFault, ScenarioEnd } from '@tcblab/drill/scenario';
import type { ImpairmentSpec } from '@tcblab/tcp/sim';
import type { ConnectionSummary, Counters, Micros, Octets, Settings } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import type { LinkStatistics } from '../link/link.ts';

/** Two programs that do not agree on it do not talk. Goes up when a message changes its meaning. */
export const PROTOCOL_VERSION = 1;

/** The first thing that each end says; the agent repeats it until it is answered. */
export interface Hello {
  readonly protocol: number;
  /** Such as `tcblab 0.1.0`. */
  readonly software: string;
  /** Such as `linux arm64, Node 24.21.0`. */
  readonly machine: string;
}

/** The part that one host plays in a scenario. */
export interface EndJob {
  readonly kind: 'end';
  readonly host: HostName;
  /** In packet ids. */
  readonly number: number;
  readonly implementation: 'reference' | 'kernel';
  /** A student's folder on the agent's machine, whose parts stand in for the reference's. */
  readonly submission?: string;
  /** Name of the interface that the wire is plugged into, as the agent's machine calls it. */
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
  /** The host has IPv6 as well, and speaks it: `peer` is then such an address. */
  readonly ipv6?: { readonly address: string; readonly prefixLength: number };
  /** Of our own stack; a kernel has its interface's. */
  readonly mac: string;
  readonly peer: string;
  readonly end: ScenarioEnd;
  readonly seed: number;
  readonly settings?: Partial<Settings>;
  /** What the wire does to frames this host sends, and to those it receives. A kernel's host cannot do it. */
  readonly impairment?: { readonly out?: ImpairmentSpec; readonly in?: ImpairmentSpec };
  /** Number of the other host: decides what befalls the frames it sends. */
  readonly peerNumber: number;
  /** Path of the capture, on the agent's machine. */
  readonly capture: string;
  /** Send trace records. */
  readonly trace: boolean;
}

/** A host in the middle of the wire that carries frames across and may harm them. */
export interface MiddleboxJob {
  readonly kind: 'middlebox';
  /** Towards host a, and towards host b. */
  readonly interfaces: readonly [string, string];
  readonly seed: number;
  /** What befalls frames from a to b, and from b to a. */
  readonly impairment: readonly [ImpairmentSpec, ImpairmentSpec];
}

export type AgentJob = EndJob | MiddleboxJob;

/** Requests, in the order in which a run makes them. */
export interface AgentCalls {
  /** Open links and capture. The barrier `ready`. */
  readonly prepare: { readonly args: AgentJob; readonly reply: Prepared };
  /** Perform the passive opens. The barrier `armed`. */
  readonly arm: { readonly args: null; readonly reply: null };
  /** The program's time begins now. The barrier `start`. */
  readonly start: { readonly args: null; readonly reply: null };
  /** Answered when the program is over. The barrier `done`. */
  readonly done: { readonly args: null; readonly reply: null };
  /** Answered when no frame has passed for so many milliseconds, or the limit has come. */
  readonly quiet: {
    readonly args: { readonly silence: number; readonly limit: number };
    readonly reply: null;
  };
  /** What `ss` shows, at any time between `prepare` and `finish`. */
  readonly sockets: { readonly args: null; readonly reply: HostSockets };
  /** Let go of connections, finish the capture, put the interface back as it was. */
  readonly finish: { readonly args: null; readonly reply: Findings };
}

/** The connections and listeners of one host, whoever its TCP is. */
export interface HostSockets {
  /** Null for a middlebox, which has none. */
  readonly host: HostName | null;
  readonly implementation: 'reference' | 'kernel' | null;
  readonly sockets: readonly SocketLine[];
}

export interface SocketLine extends Omit<ConnectionSummary, 'timer'> {
  /** Null when none runs. */
  readonly timer: {
    /** The timer's own name, or the kernel's for it. */
    readonly name: string;
    /** Until it fires. */
    readonly milliseconds: number;
    readonly retransmissions: number;
  } | null;
}

export interface Prepared {
  /** Offloads that would not go off, and whatever else is not as it should be, in sentences. */
  readonly warnings: readonly string[];
}

/** What an agent knows at the end. */
export interface Findings {
  /** Null for a middlebox. */
  readonly application: EndReport | null;
  readonly faults: readonly PlatformFault[];
  /** What need not spoil the run, in sentences. */
  readonly warnings: readonly string[];
  readonly links: readonly LinkStatistics[];
  /** The capture's length; 0 for a middlebox. */
  readonly captureOctets: Octets;
  /** Our stack's; null for a kernel. */
  readonly counters: StackCounts | null;
  /** Connections and listeners that were still there when the program was over. */
  readonly left: readonly ConnectionSummary[];
  /** The stack threw an exception: its text. */
  readonly crashed: string | null;
}

/** `Counters` of a stack as plain JSON. */
export type StackCounts = Omit<Counters, 'drop' | 'dropped'> & {
  readonly dropped: Readonly<Record<string, number>>;
};

/** What an agent says unasked. */
export type AgentEvent =
  /** Trace records, the first of which is the `first`th of this agent, counted from 0. */
  | {
      readonly name: 'records';
      readonly first: number;
      readonly records: readonly { readonly frame: number; readonly event: TraceEvent }[];
    }
  /** Records were made faster than the line could carry: so many are missing before the next. */
  | { readonly name: 'records_missing'; readonly count: number }
  /** At least once a second while a program runs. */
  | { readonly name: 'progress'; readonly progress: Progress }
  /** Somebody else ended the run: a signal, or a fault. */
  | { readonly name: 'stopped'; readonly reason: string }
  /** The student's code does not return: in words, and where it is. The last that is heard of this agent. */
  | { readonly name: 'endless'; readonly what: string };

export interface Progress {
  /** Since the program began. */
  readonly elapsed: Micros;
  /** Steps of the program that are over, of all. */
  readonly stepsDone: number;
  readonly steps: number;
  /** Octets that the running step has moved. */
  readonly octets: Octets;
  readonly frames: number;
}

/** Why a request was not granted. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** What to do next; empty when nothing better than the message is known. */
  readonly remedy: string;
}

export interface Request {
  readonly id: number;
  readonly verb: keyof AgentCalls | 'read';
  readonly args: unknown;
}

/** The one request whose answer is no JSON: octets of the finished capture, none at its end. */
export interface ReadArgs {
  readonly offset: Octets;
  readonly length: Octets;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly refusal: Refusal };
