/** What a run leaves behind for the judge, whatever bench it ran on. */
import type { TraceRecord } from '@tcblab/capture';
import type { Micros, Octets } from '@tcblab/tcp';
import type { Errno } from './end-port.ts';
import type { HostName } from './scenario.ts';

export interface Evidence {
  /** Host a, then host b. */
  readonly hosts: readonly [HostEvidence, HostEvidence];
  /** What the bench did that no host tells of, such as a middlebox's harm to frames. Explains, never proves. */
  readonly bench?: readonly TraceRecord[];
  /** Why the run ended: both programs were through, the scenario's limit came, or nothing could ever happen any more. */
  readonly ended: 'done' | 'limit' | 'quiet';
  /** The same in a sentence, where more can be said. */
  readonly reason?: string;
  /** Whoever ran it asked for a wire that harms or delays frames beyond what the scenario says. */
  readonly harmed?: boolean;
  /** What of the platform broke. Any fault but an excuse makes the verdict `inconclusive`, whatever else was seen. */
  readonly faults: readonly PlatformFault[];
}

export interface HostEvidence {
  readonly host: HostName;
  /** In packet ids: 1 for a, 2 for b. */
  readonly number: number;
  readonly address: string;
  /** `reference`, `kernel`, or what the student calls theirs. */
  readonly implementation: string;
  /** Every frame that passed the host's tap, in the order in which it passed. Proof. */
  readonly frames: readonly TappedFrame[];
  /** What our program saw when it used the TCP. Proof of what was delivered. */
  readonly application: EndReport;
  /** What the implementation tells of itself, with the frames it tells it of. Explains, never proves; empty for a kernel. */
  readonly trace: readonly TraceRecord[];
  /** The TCP under judgement threw an exception: its text. */
  readonly crashed?: string;
}

/** A frame as it stood on the wire at one host. */
export interface TappedFrame {
  /** From 1, without gaps: the frame number in this host's capture, and the lower part of its packet id. */
  readonly index: number;
  /** On this host's clock; clocks of two hosts are never compared. */
  readonly time: Micros;
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  /** The checksum is not filled in yet (an offload is on): nothing can be said of it. */
  readonly checksumNotReady?: boolean;
}

/** Something of ours, of the machine or of the cable that broke. Never the fault of the TCP under judgement. */
export interface PlatformFault {
  /** What was tried and what happened, in one sentence. */
  readonly what: string;
  /** What to do next, in one sentence. */
  readonly next: string;
  /** It only explains why something may have failed: what passed all the same has passed. */
  readonly excuse?: boolean;
}

/** How one end's program went. JSON: an agent sends it as it stands. */
export interface EndReport {
  readonly role: string;
  /** Every step is over as the scenario demands. */
  readonly done: boolean;
  /** One per step that was begun, in order. The last one may be unfinished. */
  readonly steps: readonly StepReport[];
}

export interface StepReport {
  /** Index into the end's steps. */
  readonly step: number;
  readonly began: Micros;
  /** null: still waiting when the run ended. */
  readonly ended: Micros | null;
  readonly outcome: StepOutcome;
  /** Octets sent or received. */
  readonly octets: Octets;
}

export type StepOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'error'; readonly errno: Errno }
  /** The bytes read were not the bytes sent. `at` is counted from the start of the stream. */
  | { readonly kind: 'wrong-octet'; readonly at: Octets; readonly expected: number; readonly seen: number }
  /** The peer's bytes ended `missing` octets early. */
  | { readonly kind: 'ended-early'; readonly missing: Octets }
  /** There were bytes where the end was due. */
  | { readonly kind: 'not-ended' };
