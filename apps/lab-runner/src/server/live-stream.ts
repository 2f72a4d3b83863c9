/** One run's trace to many viewers as server-sent events: the id of an event is the number of its record. */
import type { ServerResponse } from 'node:http';
import type { Octets } from '@tcblab/tcp';
import type { FileHandle } from 'node:fs/promises';
import { TraceTail, type Place } from './trace-tail.ts';

export interface LiveStreamOptions {
  /** The file, or null while there is none. */
  readonly open: () => Promise<FileHandle | null>;
  /** Whether the run may still write. */
  readonly alive: () => boolean;
  /** What the last event says. */
  readonly verdict: () => Promise<unknown>;
  /** Called when the last viewer has gone. */
  readonly onIdle: () => void;
}

const POLL_MS = 40;
/** So that a proxy, and the browser, know the line is alive. */
const HEARTBEAT_MS = 15_000;
/** Who lets us wait so long for one piece, and is so far behind a run that goes on, is moved to its newest record. */
const SLOW_MS = 2_000;
const BEHIND: Octets = 4 << 20;
/** Who takes nothing for so long is gone; a browser comes back by itself with the id of what it had last. */
const STUCK_MS = 30_000;

export class LiveStream {
  readonly #options: LiveStreamOptions;
  readonly #viewers = new Set<ServerResponse>();
  #tail: TraceTail | null = null;
  #over = false;
  /** Wakes whoever has all that there is. */
  #grown = new Signal();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * Send what comes after a record, until the run is over or the viewer has gone.
   *
   * @param after number of the last record that the viewer has; -1 for none
   */
  async serve(response: ServerResponse, after: number): Promise<void> {
    this.#viewers.add(response);
    response.once('close', () => this.#wake());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    response.write('retry: 500\n\n');
    if (this.#timer === null && !this.#over) this.#watch();
    const heartbeat = setInterval(() => {
      // A line that is full needs no proof of life.
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, HEARTBEAT_MS);
    try {
      await this.#pump(response, after);
    } finally {
      clearInterval(heartbeat);
      this.#viewers.delete(response);
      response.end();
      if (this.#viewers.size === 0) await this.#rest();
    }
  }

  /** Let go of everybody. */
  close(): void {
    this.#over = true;
    for (const viewer of this.#viewers) viewer.destroy();
    this.#wake();
  }

  async #pump(response: ServerResponse, after: number): Promise<void> {
    let place: Place | null = null;
    while (!response.destroyed) {
      const tail = this.#tail;
      if (tail !== null && place === null && (tail.records > after + 1 || this.#over)) {
        place = await tail.placeOf(after + 1);
      }
      if (tail !== null && place !== null && place.offset < tail.end) {
        const { first, texts, end } = await tail.read(place);
        place = { record: first + texts.length, offset: end };
        const events = texts.map((text, index) => eventOf(first + index, text)).join('');
        if (!response.write(events)) place = await this.#waitFor(response, tail, place);
        continue;
      }
      if (this.#over) {
        response.write(`event: end\ndata: ${JSON.stringify(await this.#options.verdict())}\n\n`);
        return;
      }
      await this.#grown.promise;
    }
  }

  /** Until the viewer has taken what it was given. @returns where to go on */
  async #waitFor(response: ServerResponse, tail: TraceTail, place: Place): Promise<Place> {
    const began = performance.now();
    if (!(await drained(response))) return place;
    const slow = performance.now() - began > SLOW_MS && tail.end - place.offset > BEHIND;
    if (!slow || this.#over) return place;
    const newest = { record: tail.records, offset: tail.end };
    const data = { from: place.record, to: newest.record - 1 };
    response.write(`id: ${data.to}\nevent: skipped\ndata: ${JSON.stringify(data)}\n\n`);
    return newest;
  }

  #watch(): void {
    const look = async (): Promise<void> => {
      // Asked before the file is read: what is written after a run's last word is nobody's.
      const alive = this.#options.alive();
      const file = this.#tail === null ? await this.#options.open() : null;
      if (file !== null) this.#tail = new TraceTail(file);
      const grown = (await this.#tail?.grow()) ?? false;
      if (!alive) this.#over = true;
      if (grown || this.#over) this.#wake();
      this.#timer = this.#over ? null : setTimeout(() => void look().catch(() => this.close()), POLL_MS);
    };
    this.#timer = setTimeout(() => void look().catch(() => this.close()), 0);
  }

  #wake(): void {
    const { resolve } = this.#grown;
    this.#grown = new Signal();
    resolve();
  }

  async #rest(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#over = true;
    const tail = this.#tail;
    this.#tail = null;
    this.#options.onIdle();
    await tail?.grow();
    await tail?.close();
  }
}

class Signal {
  resolve: () => void = () => {};
  readonly promise = new Promise<void>((resolve) => (this.resolve = resolve));
}

function eventOf(number: number, text: string): string {
  return number === 0 ? `id: 0\nevent: header\ndata: ${text}\n\n` : `id: ${number}\ndata: ${text}\n\n`;
}

/** @returns false when the viewer has gone, or is taken for gone */
function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (taken: boolean): void => {
      clearTimeout(limit);
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(taken);
    };
    const onDrain = (): void => finish(true);
    const onClose = (): void => finish(false);
    const limit = setTimeout(() => {
      response.destroy();
      finish(false);
    }, STUCK_MS);
    response.once('drain', onDrain);
    response.once('close', onClose);
    if (response.destroyed) finish(false);
  });
}
