/** A box in the middle of a wire: carries frames from one link to the other, and harms them as it is told. */
import type { Alarm, Clock } from '../clock.ts';
import type { ImpairedDirection } from '../impair/impaired-direction.ts';
import type { Link } from '../link/link.ts';
import { Outbox } from '../link/outbox.ts';
import { TimeQueue } from '../time-queue.ts';

/** One way across. */
class Lane {
  readonly #from: Link;
  readonly #to: Link;
  readonly #impairment: ImpairedDirection;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #held = new TimeQueue<Uint8Array>();
  #blocked = false;
  #alarm: Alarm | null = null;

  readonly #onHarm: (note: string) => void;
  readonly #onFault: (error: unknown) => void;

  constructor(
    clock: Clock,
    [from, to]: readonly [Link, Link],
    impairment: ImpairedDirection,
    { onHarm, onFault }: { onHarm: (note: string) => void; onFault: (error: unknown) => void },
  ) {
    this.#onHarm = onHarm;
    this.#onFault = onFault;
    this.#clock = clock;
    this.#from = from;
    this.#to = to;
    this.#impairment = impairment;
    this.#outbox = new Outbox(to, 14 + from.facts.mtu);
    from.onReadable(() => this.#turn(() => this.#carry()));
  }

  close(): void {
    this.#alarm?.cancel();
    this.#from.close();
  }

  /** Nothing more passes once a link is broken: a wire that lost frames by itself proves nothing of either end. */
  #turn(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#blocked = true;
      this.#alarm?.cancel();
      this.#from.onReadable(null);
      this.#onFault(error);
    }
  }

  #carry(): void {
    // What cannot be sent on waits in the kernel.
    while (!this.#blocked) {
      const now = this.#clock.now();
      const frames = this.#from.receive();
      for (let i = 0; i < frames.count; i++) {
        const start = frames.offsets[i];
        const end = start + frames.lengths[i];
        const { copies, delay, note } = this.#impairment.decide(frames.bytes, start, end);
        if (note !== '') this.#onHarm(note);
        for (let copy = 0; copy < copies; copy++) {
          this.#held.push(now + delay, frames.bytes.slice(start, end));
        }
      }
      this.#release(now);
      if (frames.count === 0) break;
    }
    this.#setAlarm();
  }

  #release(now: number): void {
    const outbox = this.#outbox;
    while (this.#held.next <= now && !this.#blocked) {
      const frame = this.#held.pop();
      if (frame === undefined) break;
      outbox.bytes.set(frame, outbox.at);
      outbox.commit(frame.length);
      if (outbox.full) this.#flush();
    }
    if (!outbox.empty && !this.#blocked) this.#flush();
  }

  #flush(): void {
    if (this.#outbox.flush()) return;
    this.#blocked = true;
    this.#to.onWritable(() =>
      this.#turn(() => {
        this.#blocked = false;
        this.#flush();
        this.#carry();
      }),
    );
  }

  #setAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
    if (this.#held.next === Infinity) return;
    this.#alarm = this.#clock.at(this.#held.next, () => this.#turn(() => this.#carry()));
  }
}

export interface MiddleboxOptions {
  readonly clock: Clock;
  readonly links: readonly [Link, Link];
  /** What befalls frames from the first link to the second, and from the second to the first. */
  readonly impairment: readonly [ImpairedDirection, ImpairedDirection];
  /** Told of each frame that does not just pass: from which link it came, and what happens to it. */
  readonly onHarm?: (from: 0 | 1, note: string) => void;
  /** A link is broken, and nothing passes that way any more. */
  readonly onFault: (error: unknown) => void;
}

export class Middlebox {
  readonly #lanes: readonly Lane[];

  constructor({ clock, links, impairment, onHarm, onFault }: MiddleboxOptions) {
    const lane = (from: 0 | 1, to: 0 | 1) =>
      new Lane(clock, [links[from], links[to]], impairment[from], {
        onHarm: (note) => onHarm?.(from, note),
        onFault,
      });
    this.#lanes = [lane(0, 1), lane(1, 0)];
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}
