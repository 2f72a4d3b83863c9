/**
 * A trace file that may still grow, read by any number of followers. The file is the memory: whoever is behind reads it
 * from the disk again, so that a follower costs one piece, and a run does not know that it is watched.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Octets } from '@tcblab/tcp';

/** Where one record in so many begins is remembered. */
const STRIDE = 256;
const PIECE: Octets = 64 << 10;
const NEWLINE = 0x0a;

/** Whole records, as they stand in the file. */
export interface Piece {
  /** Number of the first; the header is 0. */
  readonly first: number;
  /** JSON texts without their separators. */
  readonly texts: readonly string[];
  /** Where the next piece begins. */
  readonly end: Octets;
}

/** A place in the file at which a record begins. */
export interface Place {
  readonly record: number;
  readonly offset: Octets;
}

export class TraceTail {
  readonly #file: FileHandle;
  /** Where records 0, `STRIDE`, twice that … begin. */
  readonly #index: Octets[] = [0];
  #records = 0;
  #end: Octets = 0;
  #growing: Promise<boolean> | null = null;

  /** @param file closed with this */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Whole records so far, the header among them. */
  get records(): number {
    return this.#records;
  }

  /** Length of what is whole. */
  get end(): Octets {
    return this.#end;
  }

  /** See what has been written since. @returns whether there is more than before */
  grow(): Promise<boolean> {
    this.#growing ??= this.#scan().finally(() => (this.#growing = null));
    return this.#growing;
  }

  async #scan(): Promise<boolean> {
    const before = this.#end;
    const bytes = Buffer.allocUnsafe(PIECE);
    for (let at = this.#end; ;) {
      const { bytesRead } = await this.#file.read(bytes, 0, PIECE, at);
      if (bytesRead === 0) return this.#end > before;
      for (let from = 0; ;) {
        const found = bytes.indexOf(NEWLINE, from);
        if (found < 0 || found >= bytesRead) break;
        from = found + 1;
        this.#end = at + from;
        this.#records++;
        if (this.#records % STRIDE === 0) this.#index.push(this.#end);
      }
      at += bytesRead;
    }
  }

  /** Where a record begins, or the newest end when it is not there yet. */
  async placeOf(record: number): Promise<Place> {
    if (record >= this.#records) return { record: this.#records, offset: this.#end };
    let place: Place = {
      record: record - (record % STRIDE),
      offset: this.#index[Math.floor(record / STRIDE)],
    };
    while (place.record < record) {
      const { first, texts, end } = await this.read(place, record - place.record);
      place = { record: first + texts.length, offset: end };
    }
    return place;
  }

  /** @returns at least one record when there is one at `place`, and at most `most` */
  async read(place: Place, most = Infinity): Promise<Piece> {
    for (let length = PIECE; ; length *= 2) {
      const room = Math.min(length, this.#end - place.offset);
      const bytes = Buffer.allocUnsafe(Math.max(0, room));
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, place.offset);
      const texts: string[] = [];
      let from = 0;
      for (; texts.length < most;) {
        const to = bytes.indexOf(NEWLINE, from);
        if (to < 0 || to >= bytesRead) break;
        // After the record separator, before the newline: JSON has neither inside.
        texts.push(bytes.toString('utf8', from + 1, to));
        from = to + 1;
      }
      if (texts.length > 0 || bytesRead < length) {
        return { first: place.record, texts, end: place.offset + from };
      }
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
