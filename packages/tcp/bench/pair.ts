/** Two of our hosts on one Ethernet in memory, for benchmarks: frames go from one to the other at once. */
import { createStack, type Settings, type Stack } from '../src/index.ts';
import { createRandom } from '../src/sim/random.ts';

export class Pair {
  readonly client: Stack;
  readonly server: Stack;
  /** µs; the caller moves it. */
  now = 0;
  /** Frames that have passed, both ways. */
  frames = 0;
  readonly #frame: Uint8Array;

  constructor(settings: Partial<Settings> = {}) {
    this.client = host(1, settings);
    this.server = host(2, settings);
    this.#frame = new Uint8Array(2 + this.client.maxFrame);
  }

  /** Let frames pass, up to 32 each way in turn, until neither has more to say. */
  exchange(): void {
    while (this.#carry(this.client, this.server) + this.#carry(this.server, this.client) > 0);
  }

  #carry(from: Stack, to: Stack): number {
    const frame = this.#frame;
    let count = 0;
    for (; count < 32; count++) {
      // The IP header stands on a multiple of four, as in a packet socket's memory.
      const length = from.pollTransmit(this.now, frame, 2);
      if (length === 0) break;
      to.onFrame(this.now, frame, 2, 2 + length);
    }
    this.frames += count;
    return count;
  }

  /** Handle the timers of both that are due. */
  tick(): void {
    if (this.client.pollTimeout() <= this.now) this.client.onTimeout(this.now);
    if (this.server.pollTimeout() <= this.now) this.server.onTimeout(this.now);
  }
}

function host(number: 1 | 2, settings: Partial<Settings>): Stack {
  return createStack({
    mac: `02:74:63:62:00:0${number}`,
    address: `10.77.0.${number}`,
    prefixLength: 24,
    settings,
    random: createRandom(7, number),
    isnSecret: new Uint8Array(16).fill(number),
  });
}
