/**
 * Whether this process could not run when it wanted to: a machine too busy, asleep or short of memory. What it missed
 * meanwhile proves nothing of a TCP. A pause in which it worked itself does not count, however long: that is the TCP's.
 */
import type { PlatformFault } from '@tcblab/drill/scenario';

const LOOK_EVERY_MS = 100;
/** In one piece; the shortest timeout of a TCP, and more than a processor shared by a few programs takes. */
const TOO_LONG_MS = 1000;
/** Who works has to share a busy processor: of a pause of its own making it gets at least this part. */
const OWN_SHARE = 0.1;

export class Starvation {
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  #lookedAt = performance.now();
  #worked = workedMs();
  #longest = 0;

  /**
   * Stop watching.
   *
   * @param who that is watched, such as `host a`
   */
  end(who: string): PlatformFault[] {
    clearInterval(this.#timer);
    this.#look();
    if (this.#longest < TOO_LONG_MS) return [];
    const seconds = (this.#longest / 1000).toFixed(1);
    const what = `the machine was too busy: ${who} could not run for ${seconds} s`;
    return [{ what, next: 'let the machine do less beside, and run again', excuse: true }];
  }

  #look(): void {
    const [now, worked] = [performance.now(), workedMs()];
    const pause = now - this.#lookedAt - LOOK_EVERY_MS;
    if (worked - this.#worked < pause * OWN_SHARE) this.#longest = Math.max(this.#longest, pause);
    this.#lookedAt = now;
    this.#worked = worked;
  }
}

/** Processor time of this process so far. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
