/** A runner's end of the line to one agent. */
import { createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Octets } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { AgentError } from './agent-error.ts';
import { Channel, MESSAGE } from './channel.ts';
import { faultOfReply, parseEvent, parseHello, parseReply } from './parse-message.ts';
import { PROTOCOL_VERSION } from './protocol.ts';
import type { AgentCalls, AgentEvent, Hello, Progress, ReadArgs, Reply, Request } from './protocol.ts';

/** How long to wait for something: in all, and without a sign of life. Milliseconds. */
export interface Limits {
  readonly total: number;
  /** An agent says that it is alive once a second. */
  readonly silence: number;
}

export interface AgentClientOptions {
  /** What people call it: `host a`. */
  readonly name: string;
  /** Such as `tcblab 0.1.0`. */
  readonly software: string;
  readonly input: Readable;
  readonly output: Writable;
  /** Bytes on the line that are not the agent's: a console's chatter, a stray print. */
  readonly onNoise?: (bytes: Uint8Array) => void;
  /** What the agent's process printed last beside the line; empty for nothing. Asked for once it is gone. */
  readonly lastWords?: () => string;
}

/** What was said may have drowned in a console's noise: say it again. The agent does nothing twice. */
const SAY_AGAIN_MS = 3000;
const LOOK_EVERY_MS = 50;
const PIECE: Octets = 256 << 10;
const SAME_VERSION = 'install the same version on both machines';

export class AgentClient {
  readonly name: string;
  /** Told of each trace record, in order. */
  onRecord: ((event: TraceEvent, frame: number) => void) | null = null;
  onProgress: ((progress: Progress) => void) | null = null;
  /** The agent ended its work by itself; what it found can be had for a moment. */
  onStopped: ((reason: string) => void) | null = null;
  /** The student's code does not return, and the agent with it. */
  onEndless: ((what: string) => void) | null = null;
  /** Trace records that were lost on the way, because the line was too slow or too noisy. */
  recordsMissing = 0;
  readonly #options: AgentClientOptions;
  readonly #channel: Channel;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #recordsSeen = 0;
  #hello: Hello | null = null;
  #gone: { readonly reason: string; readonly remedy: string } | null = null;

  constructor(options: AgentClientOptions) {
    this.#options = options;
    this.name = options.name;
    this.#channel = new Channel(options.input, options.output, {
      onMessage: (type, payload) => this.#onMessage(type, payload),
      onEnd: (reason) => (this.#gone ??= { reason, remedy: '' }),
      ...(options.onNoise === undefined ? {} : { onNoise: options.onNoise }),
    });
  }

  /**
   * Meet the agent.
   *
   * @throws AgentError `agent-silent`, `agent-gone`, or `agent-version` when it is of another version
   */
  async greet(limits: Limits): Promise<Hello> {
    const hello: Hello = { protocol: PROTOCOL_VERSION, software: this.#options.software, machine: '' };
    const ask = () => this.#channel.sendJson(MESSAGE.hello, hello);
    const answer = await this.#await(
      'an answer to the greeting',
      limits,
      ask,
      () => this.#hello ?? undefined,
    );
    if (answer.protocol === PROTOCOL_VERSION) return answer;
    throw new AgentError(
      'agent-version',
      this.name,
      `${this.name} runs ${answer.software} and speaks version ${answer.protocol} of the agent's protocol, ` +
        `${this.#options.software} here speaks ${PROTOCOL_VERSION}`,
      SAME_VERSION,
    );
  }

  /**
   * @throws AgentError with the agent's own code when it refuses; `agent-silent`, `agent-late` or `agent-gone` when there
   *   is no answer
   */
  async call<Verb extends keyof AgentCalls>(
    verb: Verb,
    args: AgentCalls[Verb]['args'],
    limits: Limits,
  ): Promise<AgentCalls[Verb]['reply']> {
    const reply = (await this.#request(verb, args, limits)) as Reply;
    if ('refusal' in reply) {
      const { code, message, remedy } = reply.refusal;
      throw new AgentError(code, this.name, `${this.name}: ${message}`, remedy);
    }
    const fault = faultOfReply(verb, reply.value);
    if (fault !== null) {
      throw new AgentError(
        'bad-reply',
        this.name,
        `${this.name}: an answer cannot be read: ${fault}`,
        SAME_VERSION,
      );
    }
    return reply.value as AgentCalls[Verb]['reply'];
  }

  /** Bring the finished capture here, whole, as `path`. @throws AgentError as `call`; the system's error */
  async fetchCapture(path: string, limits: Limits): Promise<void> {
    const pieces = async function* (this: AgentClient) {
      for (let offset = 0; ;) {
        const args: ReadArgs = { offset, length: PIECE };
        const piece = await this.#request('read', args, limits);
        if (!(piece instanceof Uint8Array)) {
          const { refusal } = piece as Extract<Reply, { refusal: unknown }>;
          throw new AgentError(refusal.code, this.name, `${this.name}: ${refusal.message}`, refusal.remedy);
        }
        if (piece.length === 0) return;
        yield piece;
        offset += piece.length;
      }
    };
    await pipeline(pieces.call(this), createWriteStream(path));
  }

  /** End the conversation. The agent puts everything back, and its process exits. */
  close(): void {
    this.#channel.close();
    this.#gone ??= { reason: 'the conversation was ended', remedy: '' };
  }

  /** Whoever started the agent knows that it is not there, why, and what to do: better than the line can tell. */
  lose(reason: string, remedy: string): void {
    this.#gone = { reason, remedy };
  }

  #request(verb: Request['verb'], args: unknown, limits: Limits): Promise<Reply | Uint8Array> {
    const id = ++this.#lastId;
    const request: Request = { id, verb, args };
    const waiting: Waiting = { answer: undefined };
    this.#waiting.set(id, waiting);
    const ask = () => this.#channel.sendJson(MESSAGE.request, request);
    return this.#await(`an answer to '${verb}'`, limits, ask, () => waiting.answer).finally(() =>
      this.#waiting.delete(id),
    );
  }

  /**
   * Ask, now and then again, until there is an answer. That the agent is gone is found at the next look and not at once:
   * its last words may come after the end of its line.
   */
  #await<T>(what: string, limits: Limits, ask: () => void, answer: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      let asked = started;
      const look = () => {
        const found = answer();
        if (found !== undefined) return settle(() => resolve(found));
        const now = performance.now();
        const gone = this.#gone;
        if (gone !== null) return settle(() => reject(this.#goneError(what, gone)));
        if (now - started > limits.total) return settle(() => reject(this.#lateError(what, limits.total)));
        // Silence begins with the question: an agent may have had nothing to say before it was greeted.
        if (Math.min(this.#channel.silence, now - started) > limits.silence) {
          return settle(() => reject(this.#silentError(what, limits.silence)));
        }
        if (now - asked < SAY_AGAIN_MS) return;
        asked = now;
        ask();
      };
      const timer = setInterval(look, LOOK_EVERY_MS);
      const settle = (how: () => void) => {
        clearInterval(timer);
        this.#looks.delete(look);
        how();
      };
      this.#looks.add(look);
      ask();
    });
  }

  /** Whoever waits for something looks again. */
  readonly #looks = new Set<() => void>();

  #onMessage(type: number, payload: Uint8Array): void {
    if (type === MESSAGE.piece) {
      if (payload.length < 4) this.#onNonsense('a piece', 'it has no number');
      else this.#answer(Buffer.from(payload).readUInt32BE(0), payload.subarray(4));
    } else if (type === MESSAGE.reply) {
      const reply = parseReply(payload);
      if (reply.ok) this.#answer(reply.value.id, reply.value);
      else this.#onNonsense('a reply', reply.fault);
    } else if (type === MESSAGE.hello) {
      const hello = parseHello(payload);
      if (hello.ok) this.#hello = hello.value;
      else this.#onNonsense('a greeting', hello.fault);
    } else if (type === MESSAGE.event) {
      const event = parseEvent(payload);
      if (event.ok) this.#onEvent(event.value);
      else this.#onNonsense('an event', event.fault);
    }
    for (const look of this.#looks) look();
  }

  /** Noise on the line does not get this far: who says such things is another program, and no word of it counts. */
  #onNonsense(what: string, fault: string): void {
    this.lose(`it sent ${what} that cannot be read: ${fault}`, SAME_VERSION);
  }

  #answer(id: number, answer: Reply | Uint8Array): void {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) waiting.answer = answer;
  }

  #onEvent(event: AgentEvent): void {
    switch (event.name) {
      case 'records':
        this.recordsMissing += event.first - this.#recordsSeen;
        this.#recordsSeen = event.first + event.records.length;
        for (const { event: record, frame } of event.records) this.onRecord?.(record, frame);
        return;
      case 'records_missing':
        this.recordsMissing += event.count;
        return;
      case 'progress':
        this.onProgress?.(event.progress);
        return;
      case 'stopped':
        this.onStopped?.(event.reason);
        return;
      case 'endless':
        this.onEndless?.(event.what);
        return;
    }
  }

  #goneError(what: string, { reason, remedy }: { reason: string; remedy: string }): AgentError {
    const said = this.#options.lastWords?.() ?? '';
    const message = `${this.name} was lost while we waited for ${what}: ${reason}`;
    const told = said === '' ? message : `${message}; it said last: ${said}`;
    return new AgentError('agent-gone', this.name, told, remedy);
  }

  #lateError(what: string, total: number): AgentError {
    const message = `${this.name} is alive, but ${what} did not come within ${total / 1000} s`;
    return new AgentError('agent-late', this.name, message, '');
  }

  #silentError(what: string, silence: number): AgentError {
    const message = `${this.name} said nothing for ${silence / 1000} s while we waited for ${what}`;
    return new AgentError('agent-silent', this.name, message, 'see whether it hangs or its line is cut');
  }
}

interface Waiting {
  answer: Reply | Uint8Array | undefined;
}
