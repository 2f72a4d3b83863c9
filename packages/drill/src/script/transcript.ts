/** What a run of a script has exchanged, and the outcome that is made of it. */
import type { Micros } from '@tcblab/tcp';
import type { FlowTable } from './flow-table.ts';
import type { ExchangedPacket, ScriptOutcome } from './outcome.ts';
import { printPacket, printSeconds } from './print-script.ts';
import { NO_IP_INFO } from './syntax.ts';
import type { PacketAction, Position } from './syntax.ts';
import type { LivePacket } from './wire-packet.ts';

interface Exchanged {
  readonly time: Micros;
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  readonly packet: PacketAction | LivePacket;
}

export class Transcript {
  /** When the script began on the stack's clock. */
  start: Micros = 0;
  readonly forgiven: string[] = [];
  readonly ignored: string[] = [];
  readonly printed: string[] = [];
  /** Why a failure from now on may be the platform's own; null = it has been on time. */
  excuse: string | null = null;
  readonly #flows: FlowTable;
  readonly #exchanged: Exchanged[] = [];
  #outcome: ScriptOutcome | null = null;

  constructor(flows: FlowTable) {
    this.#flows = flows;
  }

  /** Null while the script runs. */
  get outcome(): ScriptOutcome | null {
    return this.#outcome;
  }

  injected(time: Micros, bytes: Uint8Array, packet: PacketAction): void {
    this.#exchanged.push({ time, direction: 'in', bytes, packet });
  }

  /** @returns the packet's number */
  observed(time: Micros, bytes: Uint8Array, packet: LivePacket): number {
    return this.#exchanged.push({ time, direction: 'out', bytes, packet });
  }

  /** A time on the stack's clock as the script counts it. */
  seconds(time: Micros): string {
    return printSeconds(time - this.start);
  }

  /** A packet of the stack as a script would write it. */
  wordOf(live: LivePacket): string {
    if (live.kind === 'icmp') return `> icmp type ${live.type} code ${live.code}`;
    if (live.kind === 'other') return `> ${live.text}`;
    const body = this.#flows.of(live.ports)?.toScript(live) ?? {
      ...live,
      length: live.payload.length,
      ack: live.flags.includes('.') ? live.ack : null,
      urg: live.urg === 0 ? null : live.urg,
    };
    return printPacket({ kind: 'packet', direction: 'out', ip: NO_IP_INFO, body });
  }

  /** The stack under test lacks what the script needs. */
  lacks(what: string, at: Position): void {
    this.end('unsupported', `the stack under test has no ${what}`, at);
  }

  meaningless(command: string, at: Position): void {
    this.end('unsupported', `the command '${command}' has no meaning here`, at);
  }

  /** The stack did something else than the script says; where the platform has an excuse to make, nobody knows. */
  fail(at: Position, expected: string, actual: string, packet: number | null = null): void {
    if (this.excuse !== null) {
      this.end(
        'inconclusive',
        `${this.excuse}; then line ${at.line}: expected ${expected}; seen ${actual}`,
        at,
      );
      return;
    }
    this.end('fail', `line ${at.line}: expected ${expected}; seen ${actual}`, at, {
      expected,
      actual,
      packet,
    });
  }

  /** The first verdict stands. */
  end(
    verdict: ScriptOutcome['verdict'],
    reason: string,
    at: Position | null,
    found: Partial<Pick<ScriptOutcome, 'expected' | 'actual' | 'packet'>> = {},
  ): ScriptOutcome {
    const { forgiven, ignored, printed } = this;
    this.#outcome ??= {
      verdict,
      reason,
      at,
      expected: found.expected ?? null,
      actual: found.actual ?? null,
      packet: found.packet ?? null,
      forgiven,
      ignored,
      printed,
      packets: this.#exchanged.map((one) => this.#packet(one)),
    };
    return this.#outcome;
  }

  /** In words only now: the numbers of a connection may have been learned after its packets came. */
  #packet({ time, direction, bytes, packet }: Exchanged): ExchangedPacket {
    const text = packet.kind === 'packet' ? printPacket(packet) : this.wordOf(packet);
    return { at: time - this.start, direction, bytes, text };
  }
}
