/** A system under test on a real wire: its packets, its calls and its deadline, by the machine's clock. */
import type { AsyncSut, Batch, Sut, Value } from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';
import { systemClock } from '../clock.ts';
import type { PacketEnd } from './packet-end.ts';
import type { Listener, UnderTest } from './under-test.ts';

export class WiredSut implements UnderTest {
  readonly #sut: Sut | AsyncSut;
  readonly #end: PacketEnd;
  readonly #listener: Listener;
  readonly #release: () => void | Promise<void>;
  /** Steps go one after the other: a child answers one request at a time. */
  readonly #steps: ((now: Micros) => Batch | Promise<Batch>)[] = [];
  #busy = false;
  #closed = false;
  broken: string | null = null;
  deadline: Micros = Infinity;

  /** @param release lets go of what the system runs in */
  constructor(
    sut: Sut | AsyncSut,
    end: PacketEnd,
    listener: Listener,
    release: () => void | Promise<void> = () => {},
  ) {
    this.#sut = sut;
    this.#end = end;
    this.#listener = listener;
    this.#release = release;
    void end.onReadable(() => this.turn());
  }

  call(id: number, name: string, args: readonly Value[]): void {
    // What lies in front of the door came before the call.
    this.turn();
    this.#do((now) => this.#sut.call(now, id, name, args));
  }

  turn(): void {
    this.#receive();
    if (this.deadline <= systemClock.now()) this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end.close();
    await this.#release();
  }

  #receive(): void {
    if (this.#closed) return;
    for (const { time, bytes } of this.#end.receive()) {
      this.#listener.onLate(systemClock.now() - time);
      this.#do((now) => this.#sut.packet(now, bytes));
    }
  }

  #wake(): void {
    this.#listener.onLate(systemClock.now() - this.deadline);
    this.deadline = Infinity;
    this.#do((now) => this.#sut.advance(now));
  }

  #do(step: (now: Micros) => Batch | Promise<Batch>): void {
    this.#steps.push(step);
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
        const now = systemClock.now();
        const answer = step(now);
        // In this process the answer is there: what is sent at once is sent at once, and its time is our own.
        if ('then' in answer) this.#take(await answer);
        else {
          this.#take(answer);
          this.#listener.onLate(systemClock.now() - now);
        }
      }
    } catch (error) {
      this.broken = error instanceof Error ? error.message : String(error);
      this.#listener.onBroken();
    }
    this.#busy = false;
  }

  #take({ packets, results, deadline }: Batch): void {
    if (this.#closed) return;
    for (const packet of packets) this.#end.send(packet);
    for (const result of results) this.#listener.onResult(result);
    this.deadline = deadline;
  }
}
