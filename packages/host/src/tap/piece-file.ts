/**
 * A file written in large pieces while the program goes on. What waits to be written is bounded: a slow disk costs
 * completeness, which is counted by whoever offers the pieces, and never memory or time on the wire.
 */
import { close, fsyncSync, openSync, closeSync, writeSync, writev } from 'node:fs';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Octets } from '@tcblab/tcp';

/** What may wait: two seconds at the speed of a 1 Gbit/s port, and little of a small machine. */
const LIMIT: Octets = Math.min(256 << 20, totalmem() / 16);

export class PieceFile {
  readonly path: string;
  readonly #fd: number;
  readonly #waiting: Piece[] = [];
  #size: Octets = 0;
  #pending: Octets = 0;
  #writing = false;
  #failure: Error | null = null;
  #closed = false;
  #drained: (() => void) | null = null;

  /**
   * Make the file, or empty it.
   *
   * @param fd written to from its beginning instead of opening `path`; closed in the end
   * @throws the system's error when that cannot be done
   */
  constructor(path: string, fd = openSync(path, 'w')) {
    this.path = path;
    this.#fd = fd;
    process.on('exit', this.#closeNow);
  }

  /** Too much waits: offer nothing until it is false again. True for good once a write has failed. */
  get congested(): boolean {
    return this.#pending >= LIMIT || this.#failure !== null;
  }

  /** Why the file is not complete: the disk is full, the device has gone. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Octets offered so far. */
  get size(): Octets {
    return this.#size;
  }

  /**
   * Append `bytes`, which must stay as they are until `done`. Offered against `congested`, they are kept all the same.
   *
   * @param done called when the bytes are on their way to the disk and their memory is the caller's again
   */
  append(bytes: Uint8Array, done: () => void = () => {}): void {
    if (bytes.length === 0 || this.#closed || this.#failure !== null) {
      done();
      return;
    }
    this.#waiting.push({ bytes, at: this.#size, done });
    this.#size += bytes.length;
    this.#pending += bytes.length;
    if (!this.#writing) this.#next();
  }

  /** Write what waits and close. @returns when that is done; `failure` tells whether all was well */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#writing) await new Promise<void>((resolve) => (this.#drained = resolve));
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#closeNow);
    await promisify(close)(this.#fd);
  }

  /** Write all that waits: completions come once in a turn of the event loop, and a busy host's turns are long. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#failure !== null) {
      this.#writing = false;
      this.#drained?.();
      return;
    }
    this.#writing = true;
    const pieces = this.#waiting.map(({ bytes }) => bytes);
    writev(this.#fd, pieces, first.at, (error, written) => {
      if (this.#closed) return;
      if (error === null) this.#wrote(written);
      else this.#fail(error);
      this.#next();
    });
  }

  #wrote(written: Octets): void {
    this.#pending -= written;
    for (let left = written; left > 0;) {
      const { bytes, at, done } = this.#waiting[0];
      if (left < bytes.length) {
        // A short write is what a full disk gives before it gives ENOSPC.
        this.#waiting[0] = { bytes: bytes.subarray(left), at: at + left, done };
        return;
      }
      left -= bytes.length;
      this.#waiting.shift();
      done();
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#size = this.#waiting[0]?.at ?? this.#size;
    this.#pending = 0;
    for (const piece of this.#waiting.splice(0)) piece.done();
  }

  /** The process exits: there is no later. A piece under way is written again at its place, which does no harm. */
  readonly #closeNow = (): void => {
    this.#closed = true;
    try {
      for (const { bytes, at } of this.#waiting) {
        for (let done = 0; done < bytes.length;) {
          done += writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
        }
      }
      fsyncSync(this.#fd);
      closeSync(this.#fd);
    } catch (error) {
      this.#failure ??= error as Error;
    }
  };
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly at: Octets;
  readonly done: () => void;
}
