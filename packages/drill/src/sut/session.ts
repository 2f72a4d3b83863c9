/** Both ends of the child protocol as state machines over bytes: no process, no pipe, no promise. */
import { MisuseError } from '@tcblab/tcp';
import type { Micros } from '@tcblab/tcp';
import {
  PROTOCOL_VERSION,
  createReplyReader,
  createRequestReader,
  writeReply,
  writeRequest,
} from './message.ts';
import type { ProtocolFault, Reply, Request } from './message.ts';
import type { Batch, CallResult, Sut, SutConfiguration } from './sut.ts';

/** What the judge's end has to tell after bytes came from the child. */
export type SessionEvent =
  /** The handshake is over; `name` is what the child calls itself. */
  | { readonly type: 'ready'; readonly name: string }
  /** The answer to the last request is whole. */
  | { readonly type: 'batch'; readonly batch: Batch }
  | ProtocolFault;

/**
 * The judge's end. One request at a time: the bytes that a method gives go to the child, the child's bytes go to
 * `onBytes`, and when that gives an event, the next request may go.
 */
export class JudgeSession {
  readonly #reader = createReplyReader();
  #state: 'new' | 'greeting' | 'idle' | 'asked' | 'over' = 'new';
  #packets: Uint8Array[] = [];
  #results: CallResult[] = [];
  readonly #open = new Set<number>();

  /** @returns the first bytes to send */
  hello(configuration: SutConfiguration): Uint8Array {
    if (this.#state !== 'new') throw new MisuseError('said-hello', 'hello is the first message, once');
    this.#state = 'greeting';
    return writeRequest({ type: 'hello', version: PROTOCOL_VERSION, configuration });
  }

  /** @returns bytes to send @throws MisuseError `not-idle` while the last request is unanswered */
  request(request: Exclude<Request, { type: 'hello' }>): Uint8Array {
    if (this.#state !== 'idle') throw new MisuseError('not-idle', `a request in state '${this.#state}'`);
    if (request.type === 'call') this.#open.add(request.id);
    this.#state = 'asked';
    return writeRequest(request);
  }

  /** @returns what the bytes complete; null when more must come */
  onBytes(bytes: Uint8Array): SessionEvent | null {
    this.#reader.push(bytes);
    for (;;) {
      const reply = this.#reader.next();
      if (reply === null) return null;
      const event = reply.type === 'fault' ? this.#fail(reply.reason) : this.#onReply(reply);
      if (event === null) continue;
      // Nothing may follow an answer until the next request.
      if (event.type !== 'fault' && this.#reader.left > 0)
        return this.#fail('the child says more than it was asked');
      return event;
    }
  }

  /** The child's output has ended. @returns what that means; null when it was over anyway */
  onEnd(): ProtocolFault | null {
    if (this.#state === 'over') return null;
    const where = this.#state === 'greeting' ? 'before it said welcome' : 'with a request unanswered';
    const cut = this.#reader.left > 0 ? ', in the middle of a message' : '';
    return this.#state === 'idle'
      ? this.#fail('the child has ended')
      : this.#fail(`the child ended ${where}${cut}`);
  }

  #onReply(reply: Reply): SessionEvent | null {
    if (this.#state === 'greeting') {
      if (reply.type !== 'welcome')
        return this.#fail(`the child's first message is '${reply.type}', not 'welcome'`);
      if (reply.version !== PROTOCOL_VERSION) {
        return this.#fail(
          `the child speaks version ${reply.version} of the protocol, we speak ${PROTOCOL_VERSION}`,
        );
      }
      this.#state = 'idle';
      return { type: 'ready', name: reply.name };
    }
    if (this.#state !== 'asked') return this.#fail(`the child sends '${reply.type}' unasked`);
    switch (reply.type) {
      case 'welcome':
        return this.#fail("the child says 'welcome' twice");
      case 'sent':
        if (this.#packets.push(reply.bytes) <= MOST_PACKETS) return null;
        return this.#fail(`more than ${MOST_PACKETS} packets in one batch`);
      case 'result':
        if (!this.#open.delete(reply.result.id))
          return this.#fail(`a result for call ${reply.result.id}, which is not open`);
        this.#results.push(reply.result);
        return null;
      case 'done': {
        const batch: Batch = { packets: this.#packets, results: this.#results, deadline: reply.deadline };
        this.#packets = [];
        this.#results = [];
        this.#state = 'idle';
        return { type: 'batch', batch };
      }
    }
  }

  #fail(reason: string): ProtocolFault {
    this.#state = 'over';
    return { type: 'fault', reason };
  }
}

/** The child's end, for children in TypeScript: bytes of requests in, bytes of replies out, a `Sut` between. */
export class ChildSession {
  readonly #reader = createRequestReader();
  readonly #name: string;
  readonly #create: (configuration: SutConfiguration) => Sut;
  #sut: Sut | null = null;
  /** Why nothing more can be read; null while all is well. */
  fault: string | null = null;

  /**
   * @param name what the child calls itself
   * @param create makes the system under test once it is known where it stands
   */
  constructor(name: string, create: (configuration: SutConfiguration) => Sut) {
    this.#name = name;
    this.#create = create;
  }

  /** @returns bytes to write back, in order */
  onBytes(bytes: Uint8Array): Uint8Array[] {
    this.#reader.push(bytes);
    const replies: Reply[] = [];
    while (this.fault === null) {
      const request = this.#reader.next();
      if (request === null) break;
      if (request.type === 'fault') this.fault = request.reason;
      else replies.push(...this.#onRequest(request));
    }
    return replies.map(writeReply);
  }

  #onRequest(request: Request): Reply[] {
    if (request.type === 'hello') {
      this.#sut = this.#create(request.configuration);
      // Even to a judge of another version: it is the one who says so.
      return [{ type: 'welcome', version: PROTOCOL_VERSION, name: this.#name }];
    }
    if (this.#sut === null) {
      this.fault = `the first request is '${request.type}', not 'hello'`;
      return [];
    }
    return repliesOf(step(this.#sut, request));
  }
}

/** What one batch may hold; a child that sends for ever is stopped by it. */
const MOST_PACKETS = 10_000;

function step(sut: Sut, request: Exclude<Request, { type: 'hello' }>): Batch {
  const now: Micros = request.now;
  switch (request.type) {
    case 'packet':
      return sut.packet(now, request.bytes);
    case 'call':
      return sut.call(now, request.id, request.name, request.args);
    case 'advance':
      return sut.advance(now);
  }
}

function repliesOf({ packets, results, deadline }: Batch): Reply[] {
  return [
    ...packets.map((bytes): Reply => ({ type: 'sent', bytes })),
    ...results.map((result): Reply => ({ type: 'result', result })),
    { type: 'done', deadline },
  ];
}
