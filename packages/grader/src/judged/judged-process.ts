/** Judged code behind walls, as a system under test: whatever it does, each request is answered or its end is explained. */
import { JudgeSession } from '@tcblab/drill/sut';
import type { AsyncSut, Batch, SessionEvent, SutConfiguration, Value } from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';
import { describeLimits } from '../sandbox/limits.ts';
import { Prisoner, type Ending, type PrisonerOptions } from '../sandbox/prisoner.ts';
import { REFUSED } from './refused.ts';

/** Why it went no further. */
export class JudgedEnd extends Error {
  override readonly name = 'JudgedEnd';
  /** `platform`: it may be the machine's doing, and is to be tried again. */
  readonly blame: 'submission' | 'platform';
  /** It ran into a limit, which costs as long as the limit is. */
  readonly limit: boolean;

  constructor(blame: 'submission' | 'platform', message: string, limit = false) {
    super(message);
    this.blame = blame;
    this.limit = limit;
  }
}

/** Real seconds for one answer: a loop that never ends has used up its processor time long before. */
const ANSWER = 15;

export class JudgedProcess implements AsyncSut {
  readonly #prisoner: Prisoner;
  readonly #limits: PrisonerOptions['limits'];
  #session = new JudgeSession();
  #waiting: { resolve: (event: SessionEvent) => void; reject: (end: JudgedEnd) => void } | null = null;
  #end: JudgedEnd | null = null;
  #silent = false;

  constructor(options: PrisonerOptions) {
    this.#limits = options.limits;
    this.#prisoner = new Prisoner(options);
    this.#prisoner.stdout.on('data', (bytes: Buffer) => {
      const event = this.#session.onBytes(bytes);
      if (event?.type === 'fault') this.#broken(new JudgedEnd('submission', event.reason));
      else if (event !== null) this.#answered(event);
    });
    void this.#prisoner.ended.then((ending) => this.#broken(this.#explain(ending)));
  }

  /** Begin anew: a fresh TCP that stands where `configuration` says. @throws JudgedEnd */
  async begin(configuration: SutConfiguration): Promise<void> {
    this.#session = new JudgeSession();
    await this.#ask(() => this.#session.hello(configuration));
  }

  packet(now: Micros, bytes: Uint8Array): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'packet', now, bytes }));
  }

  call(now: Micros, id: number, name: string, args: readonly Value[]): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'call', now, id, name, args }));
  }

  advance(now: Micros): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'advance', now }));
  }

  /** Why it goes no further; null while it does. */
  get end(): JudgedEnd | null {
    return this.#end;
  }

  /** End it and all that it started. */
  async close(): Promise<void> {
    this.#prisoner.kill();
    await this.#prisoner.ended;
  }

  async #batch(request: () => Uint8Array): Promise<Batch> {
    const event = await this.#ask(request);
    if (event.type === 'batch') return event.batch;
    throw new JudgedEnd('submission', 'it says welcome twice');
  }

  async #ask(request: () => Uint8Array): Promise<SessionEvent> {
    if (this.#end !== null) throw this.#end;
    const answer = new Promise<SessionEvent>((resolve, reject) => (this.#waiting = { resolve, reject }));
    const patience = setTimeout(() => {
      this.#silent = true;
      this.#prisoner.kill();
    }, ANSWER * 1000);
    try {
      this.#prisoner.stdin.write(request());
      return await answer;
    } finally {
      clearTimeout(patience);
    }
  }

  #answered(event: SessionEvent): void {
    this.#waiting?.resolve(event);
    this.#waiting = null;
  }

  #broken(end: JudgedEnd): void {
    this.#end ??= end;
    this.#waiting?.reject(this.#end);
    this.#waiting = null;
  }

  #explain(ending: Ending): JudgedEnd {
    const words = this.#lastWords();
    switch (ending.cause) {
      case 'not-started':
        return new JudgedEnd('platform', `it could not be started behind its walls: ${ending.reason}`);
      case 'limit':
        return new JudgedEnd(
          ending.limit === 'wall' ? 'platform' : 'submission',
          `it went over its limit of ${LIMIT_WORDS[ending.limit]}; it may use ${describeLimits(this.#limits)}`,
          true,
        );
      case 'killed':
        return this.#silent
          ? new JudgedEnd('platform', `it did not answer for ${ANSWER} s`, true)
          : new JudgedEnd('submission', 'it was ended');
      case 'signal':
        // Nobody of ours sent it; the machine may have, for want of memory.
        return new JudgedEnd(
          ending.signal === 'SIGKILL' ? 'platform' : 'submission',
          `it died of ${ending.signal}${words}`,
        );
      case 'exit':
        return new JudgedEnd(
          'submission',
          words === '' ? `it ended the process with ${ending.code}` : words.slice(2),
        );
    }
  }

  /** What it said last, with what led to it; empty where it said nothing. */
  #lastWords(): string {
    const lines = this.#prisoner.stderr.trim().split('\n');
    const refused = lines.findLast((line) => line.startsWith(REFUSED));
    if (refused !== undefined) {
      const what = /"what":("(?:[^"\\]|\\.)*")/.exec(refused)?.[1];
      if (what !== undefined) return `: ${String(JSON.parse(what)).slice(0, MOST_WORDS)}`;
    }
    const error = lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
    return error === '' ? '' : `: ${error.slice(0, MOST_WORDS)}`;
  }
}

const MOST_WORDS = 500;

const LIMIT_WORDS: Readonly<Record<string, string>> = {
  wall: 'real time',
  cpu: 'processor time',
  memory: 'memory',
  processes: 'processes',
  file: 'file size',
  stderr: 'standard error',
};
