/** A system under test on a real wire: its packets, its calls and its deadline, by the machine's clock. */
import type { AsyncSut, Batch, Sut, Value } from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';
import { systemClock, type Alarm } from '../clock.ts';
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
  #alarm: Alarm | null = null;
  #closed = false;
  broken: string | null = null;

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
    void end.onReadable(() => this.#receive());
  }

  call(id: number, name: string, args: readonly Value[]): void {
    this.#do((now) => this.#sut.call(now, id, name, args));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm?.cancel();
    this.#end.close();
    await this.#release();
  }

  #receive(): void {
    for (const { bytes } of this.#end.receive()) this.#do((now) => this.#sut.packet(now, bytes));
  }

  #do(step: (now: Micros) => Batch | Promise<Batch>): void {
    this.#steps.push(step);
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
        const answer = step(systemClock.now());
        // In this process the answer is there: what is sent at once is sent at once.
        this.#take('then' in answer ? await answer : answer);
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
    this.#alarm?.cancel();
    if (deadline !== Infinity)
      this.#alarm = systemClock.at(deadline, () => this.#do((now) => this.#sut.advance(now)));
  }
}
