/** What both kinds of end share: the program of the scenario, the tap, and what is to be told of them. */
import { statSync } from 'node:fs';
import { createEndDriver } from '@tcblab/drill/scenario';
import type { EndDriver, EndPort, PlatformFault } from '@tcblab/drill/scenario';
import type { Micros } from '@tcblab/tcp';
import type { Link } from '../../link/link.ts';
import { Tap } from '../../tap/tap.ts';
import type { EndJob, Findings, Progress } from '../protocol.ts';
import { textOf, type Surroundings } from './role.ts';

export class EndRole {
  readonly warnings: readonly string[];
  readonly done: Promise<void>;
  readonly driver: EndDriver;
  readonly tap: Tap;
  readonly faults: PlatformFault[] = [];
  readonly #job: EndJob;
  readonly #link: Link;
  readonly #surroundings: Surroundings;
  #resolveDone: () => void = () => {};
  #startedAt: Micros | null = null;
  #linkLost = false;

  constructor(
    job: EndJob,
    surroundings: Surroundings,
    link: Link & { readonly refused?: readonly Error[] },
    tap: Tap,
    port: EndPort,
  ) {
    this.#job = job;
    this.#link = link;
    this.#surroundings = surroundings;
    this.tap = tap;
    this.driver = createEndDriver({ end: job.end, port, peer: job.peer });
    this.warnings = (link.refused ?? []).map(({ message }) => message);
    this.done = new Promise((resolve) => (this.#resolveDone = resolve));
  }

  start(): void {
    this.#startedAt = this.#surroundings.clock.now();
    this.driver.start(this.#startedAt);
  }

  /** The program's turn. @returns when it wants the next one at the latest */
  step(now: Micros): Micros {
    if (this.#startedAt === null) return Infinity;
    const wake = this.driver.step(now);
    if (this.driver.over) this.over();
    return wake;
  }

  over(): void {
    this.#resolveDone();
  }

  /** The link broke: what frames say from here on is not all. One fault for all that follows from it. */
  loseLink(error: unknown): void {
    const { host, interface: name } = this.#job;
    if (!this.#linkLost) {
      const what = `host ${host} lost its link: ${textOf(error)}`;
      this.faults.push({ what, next: `see that ${name} is up and plugged in, and run again` });
    }
    this.#linkLost = true;
    this.over();
  }

  progress(): Progress {
    const { steps } = this.driver.report();
    const elapsed = this.#startedAt === null ? 0 : this.#surroundings.clock.now() - this.#startedAt;
    return {
      elapsed,
      stepsDone: steps.filter(({ ended }) => ended !== null).length,
      steps: this.#job.end.steps.length,
      octets: steps.at(-1)?.octets ?? 0,
      frames: this.tap.counts.frames,
    };
  }

  /** Once the link and the tap are closed. */
  findings(own: Pick<Findings, 'counters' | 'left' | 'crashed'>): Findings {
    const { dropped } = this.#link.statistics();
    const { failure, unrecorded, unchecked, cut } = this.tap.counts;
    const faults = [...this.faults];
    if (dropped > 0) {
      const what = `the kernel of host ${this.#job.host} dropped ${dropped} frames before they could be captured`;
      faults.push({ what, next: 'let the machine do less beside, and run again' });
    }
    if (cut > 0) {
      const what = `host ${this.#job.host} saw ${cut} frames longer than a wire carries: an offload is on`;
      faults.push({ what, next: 'sudo ethtool -K INTERFACE tx off tso off gso off gro off at both ends' });
    }
    if (unrecorded > 0) {
      const what = `the capture of host ${this.#job.host} lacks ${unrecorded} frames: the disk was too slow`;
      faults.push({ what, next: 'write to a faster disk (--out), and run again' });
    }
    if (failure !== null) {
      const what = `the capture of host ${this.#job.host} could not be written: ${failure.message}`;
      faults.push({ what, next: 'make room on the disk, and run again' });
    }
    return {
      application: this.driver.report(),
      faults,
      warnings:
        unchecked === 0
          ? []
          : [
              `host ${this.#job.host} saw ${unchecked} frames without a checksum: the sender's tx offload is on`,
            ],
      links: [this.#link.statistics()],
      captureOctets: statSync(this.#job.capture, { throwIfNoEntry: false })?.size ?? 0,
      ...own,
    };
  }
}

/** The tap of an end, by its job. @throws the system's error when the capture cannot be made */
export function openTap(job: EndJob, surroundings: Surroundings, mac?: string): Tap {
  const { clock, software } = surroundings;
  return new Tap({
    clock,
    host: job.number,
    name: `host-${job.host}:${job.interface}`,
    description: `host ${job.host}, ${job.implementation}`,
    ipv4: `${job.address}/${job.prefixLength}`,
    ...(job.ipv6 === undefined ? {} : { ipv6: `${job.ipv6.address}/${job.ipv6.prefixLength}` }),
    ...(mac === undefined ? {} : { mac }),
    application: software,
    capture: job.capture,
    ...(job.trace ? { onRecord: surroundings.onRecord } : {}),
  });
}
