/** What running a script came to. */
import type { Micros } from '@tcblab/tcp';
import type { Verdict } from '../verdict/result.ts';
import type { Position } from './syntax.ts';

export interface ScriptOutcome {
  readonly verdict: Verdict;
  /** In one sentence. */
  readonly reason: string;
  /** Where in the script it was decided; null for a pass. */
  readonly at: Position | null;
  /** Of a fail: what the script says, and what came instead. */
  readonly expected: string | null;
  readonly actual: string | null;
  /** Number of the packet that did it, as in `packets`; null = it was none, or one that did not come. */
  readonly packet: number | null;
  /** What differed and was let pass. */
  readonly forgiven: readonly string[];
  /** Settings that the script asked for and that have no equivalent. */
  readonly ignored: readonly string[];
  /** What `print` in code blocks wrote. */
  readonly printed: readonly string[];
  /** Every packet, in order; number 1 is the first. */
  readonly packets: readonly ExchangedPacket[];
}

export interface ExchangedPacket {
  /** From the script's begin. */
  readonly at: Micros;
  readonly direction: 'in' | 'out';
  /** As a script would write it. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The packets up to the one that failed, one a line: number, seconds, direction and packet. */
export function formatLadder({ packets, packet }: Pick<ScriptOutcome, 'packets' | 'packet'>): string {
  const shown = packet === null ? packets : packets.slice(0, packet);
  return shown
    .map(({ at, text }, i) => {
      const mark = i + 1 === packet ? '▶' : ' ';
      return `${mark}${`${i + 1}`.padStart(4)}  ${(at / 1e6).toFixed(6).padStart(12)}  ${text}`;
    })
    .join('\n');
}
