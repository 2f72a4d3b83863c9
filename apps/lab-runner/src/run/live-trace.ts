/** `trace.sqlog` while the run lasts: written as records come, so that others can follow, and kept as it stands. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeTraceHeader, writeTraceRecord, type TraceHeader, type TraceRecord } from '@tcblab/capture';
import type { Scenario } from '@tcblab/drill/scenario';
import type { RunRequest } from './request.ts';

export const TRACE = 'trace.sqlog';

/** A follower sees a record at most this much after the runner does. */
const FLUSH_MS = 40;
const PIECE = 64 << 10;

export class LiveTrace {
  readonly #path: string;
  readonly #head: Omit<TraceHeader, 'origin'>;
  #header: TraceHeader | null = null;
  #fd: number | null = null;
  #waiting = '';
  #timer: NodeJS.Timeout | null = null;
  #failed = false;

  /** @param folder where the bundle is being made; the file comes into being with the first record */
  constructor(folder: string, scenario: Scenario, request: Pick<RunRequest, 'a' | 'b'>) {
    this.#path = join(folder, TRACE);
    this.#head = {
      title: scenario.title,
      hosts: scenario.ends.map(({ host }, index) => ({
        number: index + 1,
        name: host,
        implementation: (index === 0 ? request.a : request.b) === 'kernel' ? 'kernel' : 'reference',
      })),
    };
  }

  readonly add = (record: TraceRecord): void => {
    if (this.#failed) return;
    if (this.#header === null) {
      // The clock of a wire starts nowhere in particular: the first that is known is as good as any.
      this.#header = { ...this.#head, origin: record.event.time };
      this.#waiting = writeTraceHeader(this.#header);
    }
    this.#waiting += writeTraceRecord(this.#header, record);
    if (this.#waiting.length >= PIECE) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  };

  /** @returns whether the file holds every record that was added, and at least one */
  close(): boolean {
    this.#flush();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    return this.#header !== null && !this.#failed;
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting === '' || this.#failed) return;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    try {
      this.#fd ??= openSync(this.#path, 'wx');
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    } catch {
      // A full disk: the run goes on, and who writes the bundle will say so.
      this.#failed = true;
    }
  }
}
