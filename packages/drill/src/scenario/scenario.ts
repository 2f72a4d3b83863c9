/**
 * A scenario: two ends, what their applications do, what goes wrong on the wire, and what must be seen. Plain JSON values
 * throughout, so that a parsed scenario can be handed to an agent on another machine.
 */
import type { Micros, Octets } from '@tcblab/tcp';
import type { FrameRule } from '@tcblab/tcp/sim';
import type { State } from '@tcblab/tcp/trace';
import type { Errno } from './end-port.ts';

export interface Scenario {
  /** The file's name without `.yaml`. */
  readonly name: string;
  readonly title: string;
  /** What it shows, in prose. */
  readonly about: string;
  /** The lab page that explains it, such as `labs/03-handshake`. */
  readonly page: string;
  /** Ids of the RFC catalogue that a pass shows. */
  readonly proves: readonly string[];
  /** How long the run may take, from the moment both ends start. */
  readonly limit: Micros;
  /** One-way delay of the wire, put on each direction; 0 = the bench's own. */
  readonly delay: Micros;
  /** Why the wire may harm no frame beyond what the scenario itself says; null = it may. */
  readonly undisturbed: string | null;
  /** The end on host a, then the end on host b. */
  readonly ends: readonly [ScenarioEnd, ScenarioEnd];
  readonly expect: readonly Expectation[];
  /** What must not be seen in any capture. */
  readonly never: readonly SegmentPattern[];
  /** Which end's capture the order of `expect` is read in. */
  readonly seenAt: string;
}

export interface ScenarioEnd {
  /** `client`, `server`, or whatever the scenario calls it. */
  readonly role: string;
  readonly host: HostName;
  readonly steps: readonly EndStep[];
  /** What happens to single frames that this end sends. */
  readonly wire: readonly FrameRule[];
  /** States that this end passes through, in this order; others may lie between. Read from the trace: explains only. */
  readonly states: readonly State[];
}

/** Host a has number 1 in packet ids, host b has number 2. */
export type HostName = 'a' | 'b';

/** One thing an application does. A step begins when the one before it is over, and not before `at`. */
export interface EndStep {
  /** Where the step stands in the file. */
  readonly line: number;
  /** Not before this time, counted from the start of the run. */
  readonly at?: Micros;
  /** The connection's name within the end; there is seldom more than one. */
  readonly on: string;
  /** The error that the step must end with; absent = it must succeed. */
  readonly fails?: Errno;
  readonly call: EndCall;
}

export type EndCall =
  | { readonly name: 'listen'; readonly port: number; readonly backlog?: number }
  | { readonly name: 'accept' }
  | { readonly name: 'open'; readonly port: number; readonly localPort?: number }
  | { readonly name: 'send'; readonly data: Data }
  /** Read exactly these bytes. */
  | { readonly name: 'receive'; readonly data: Data }
  /** Read the end of the peer's bytes, and no byte before it. */
  | { readonly name: 'receive-end' }
  | { readonly name: 'close' }
  | { readonly name: 'release' }
  | { readonly name: 'abort' }
  | { readonly name: 'wait'; readonly time: Micros }
  | { readonly name: 'wait-state'; readonly state: State };

/** Bytes of a stream: ASCII text, or so many octets of the pattern that `patternOctet` gives for each position. */
export type Data = { readonly text: string } | { readonly octets: Octets };

/** Something that must be seen, after all that stands before it in the list. */
export interface Expectation extends SegmentPattern {
  /** Members of one group, which stand side by side in the list, may be seen in any order; 0 = no group. */
  readonly group: number;
}

/**
 * A segment by what it means. Whatever is not given may be anything; sequence numbers are relative: the sender's own to
 * its ISS, acknowledgements to the receiver's.
 */
export interface SegmentPattern {
  readonly line: number;
  /** The role that sent it; absent = either end. */
  readonly from?: string;
  /** Control bits that must be set; the others are free. */
  readonly set: number;
  /** Control bits that must not be set. */
  readonly clear: number;
  /** There must be payload. */
  readonly carriesData: boolean;
  /** It was sent before, in whole or in part. In `expect` it is also a later segment than the one matched before it. */
  readonly again: boolean;
  /** SEG.SEQ must be this. */
  readonly seq?: number;
  /**
   * What the segment carries reaches this place of the sequence space, SYN and FIN counting one each. A SYN or FIN that
   * is asked for lies just before it; of data, the octet just before it is in the segment.
   */
  readonly to?: number;
  /** The acknowledgement covers everything before this: SEG.ACK is this or more. */
  readonly acks?: number;
  /** SEG.ACK is exactly this. */
  readonly ack?: number;
  /** Octets of payload must be this. */
  readonly length?: Octets;
  /** What the author wrote, for people: `client sends SYN`. */
  readonly text: string;
  /** The clause that asks for it, such as `9293 3.5`. */
  readonly rfc: { readonly number: number; readonly section: string };
  readonly proves: readonly string[];
  /** Lab page for this one, where it is not the scenario's. */
  readonly page?: string;
}
