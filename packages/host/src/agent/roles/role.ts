/** The part that an agent plays in one run, whatever stands behind it. */
import type { TraceEvent } from '@tcblab/tcp/trace';
import type { Clock } from '../../clock.ts';
import type { Link } from '../../link/link.ts';
import type { EndJob, Findings, HostSockets, Progress } from '../protocol.ts';

export interface Role {
  /** What is not as it should be, in sentences. */
  readonly warnings: readonly string[];
  /** The program is over. A middlebox has none: it is over when it can carry no more. */
  readonly done: Promise<void>;
  arm(): void;
  start(): void;
  progress(): Progress;
  /** What `ss` shows now. */
  sockets(): HostSockets;
  /** Let go of everything and tell what was found. The same again when repeated. */
  finish(): Promise<Findings>;
}

/** What a role stands on. */
export interface Surroundings {
  readonly clock: Clock;
  /** Such as `tcblab 0.1.0`, for captures. */
  readonly software: string;
  /** The wire of an end. */
  /** @param groups Ethernet addresses that a stack of ours hears beside its own */
  openLink(job: EndJob, groups: readonly string[]): Link & { readonly refused?: readonly Error[] };
  readonly onRecord: (event: TraceEvent, frame: number) => void;
}

/** What an error says, for a fault's sentence. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
