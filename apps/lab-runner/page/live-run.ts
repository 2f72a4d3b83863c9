/** A run as it comes: trace records over server-sent events, packets from the captures that grow. */
import {
  buildLadder,
  readCapture,
  readTraceHeader,
  readTraceRecord,
  type CapturedPacket,
  type Ladder,
  type LadderRow,
  type NumberedRecord,
  type TraceHeader,
} from '@tcblab/capture';

const CAPTURES = ['host-a.pcapng', 'host-b.pcapng'] as const;
/** A capture on the disk is at most 200 ms behind its wire. What is older is known at both ends, and stays as it is. */
const SETTLED_AFTER = 250_000;
const LOOK_MS = 200;
const IDLE_MS = 500;

export interface Shown {
  readonly ladder: Ladder;
  /** Those whose place is sure. */
  readonly rows: readonly LadderRow[];
}

export class LiveRun {
  readonly #base: string;
  readonly #onChange: () => void;
  readonly #files: [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] = [new Uint8Array(), new Uint8Array()];
  readonly records: NumberedRecord[] = [];
  packets: readonly [readonly CapturedPacket[], readonly CapturedPacket[]] = [[], []];
  shown: Shown | null = null;
  /** Number of the newest record; each comes once, also over several connections. */
  newest = -1;
  connected = false;
  over = false;
  /** Records that the server left out, for we were too slow. */
  skipped = 0;
  readonly faults: string[] = [];
  #header: TraceHeader | null = null;
  #changed = false;
  #changedAt = 0;
  #wholeAt = -1;

  constructor(id: string, onChange: () => void) {
    this.#base = `/api/runs/${encodeURIComponent(id)}`;
    this.#onChange = onChange;
  }

  start(): void {
    const source = new EventSource(`${this.#base}/trace`);
    source.addEventListener('open', () => this.#connection(true));
    source.addEventListener('error', () => this.#connection(false));
    source.addEventListener('header', ({ data }) => {
      const header = readTraceHeader(String(data));
      if ('reason' in header) this.faults.push(header.detail);
      else this.#header = header;
      this.newest = Math.max(this.newest, 0);
      this.#changed = true;
    });
    source.addEventListener('message', ({ data, lastEventId }) =>
      this.#add(Number(lastEventId), String(data)),
    );
    source.addEventListener('skipped', ({ data, lastEventId }) => {
      const { from, to } = JSON.parse(String(data)) as { from: number; to: number };
      this.skipped += to - from + 1;
      this.newest = Number(lastEventId);
    });
    source.addEventListener('end', () => {
      source.close();
      this.over = true;
    });
    void this.#look();
  }

  #connection(connected: boolean): void {
    this.connected = connected;
    this.#onChange();
  }

  #add(number: number, text: string): void {
    if (this.#header === null || number <= this.newest) return;
    this.newest = number;
    const record = readTraceRecord(this.#header, number, `${text}\n`);
    if (record === null) return;
    if ('reason' in record) this.faults.push(record.detail);
    else this.records.push(record);
    this.#changed = true;
  }

  /** Now and then: what has come since, and what is sure by now. */
  async #look(): Promise<void> {
    for (let last = false; !last;) {
      last = this.over;
      const began = performance.now();
      const grown = await Promise.all([this.#fetch(0), this.#fetch(1)]);
      const now = performance.now();
      if (this.#changed || grown.includes(true)) {
        this.#changed = false;
        this.#changedAt = now;
        this.#build();
      }
      const settled = last || now - this.#changedAt > IDLE_MS;
      if (this.#changedAt === now || (settled && this.#wholeAt !== this.#changedAt)) {
        if (settled) this.#wholeAt = this.#changedAt;
        this.#show(settled);
      }
      // A long ladder takes its time; the page must answer to its reader as well.
      const spent = performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, Math.max(LOOK_MS, 3 * spent)));
    }
    this.#show(true);
  }

  async #fetch(index: 0 | 1): Promise<boolean> {
    const have = this.#files[index];
    try {
      const response = await fetch(`${this.#base}/files/${CAPTURES[index]}`, {
        headers: have.length === 0 ? {} : { range: `bytes=${have.length}-` },
      });
      if (!response.ok || (have.length > 0 && response.status !== 206)) return false;
      const more = new Uint8Array(await response.arrayBuffer());
      const whole = new Uint8Array(have.length + more.length);
      whole.set(have);
      whole.set(more, have.length);
      this.#files[index] = whole;
      return more.length > 0;
    } catch {
      // The network is gone: what is missing comes with a later look.
      return false;
    }
  }

  #ladder: Ladder | null = null;

  #build(): void {
    const header = this.#header;
    this.packets = [readCapture(this.#files[0]).packets, readCapture(this.#files[1]).packets];
    const host = (index: 0 | 1) => {
      const told = header?.hosts[index];
      return {
        number: told?.number ?? index + 1,
        name: `host ${(told?.name ?? 'ab'[index]).toUpperCase()}`,
        implementation: told?.implementation === 'kernel' ? 'Linux kernel' : 'our TCP',
        packets: this.packets[index],
      };
    };
    const trace = this.records.toSorted((one, other) => one.event.time - other.event.time);
    this.#ladder = buildLadder({ hosts: [host(0), host(1)], trace });
  }

  #show(settled: boolean): void {
    if (this.#ladder !== null) {
      const { rows } = this.#ladder;
      const horizon = (rows.at(-1)?.time ?? 0) - SETTLED_AFTER;
      const sure = settled ? rows.length : rows.findIndex(({ time }) => time > horizon);
      this.shown = { ladder: this.#ladder, rows: rows.slice(0, sure < 0 ? rows.length : sure) };
    }
    this.#onChange();
  }
}
