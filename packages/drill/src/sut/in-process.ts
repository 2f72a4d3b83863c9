/** Our own stack, or ours with a student's parts, as a system under test in this process. */
import { createIpStack } from '@tcblab/tcp';
import type { IpStack, Micros, PartialParts } from '@tcblab/tcp';
import { createRandom } from '@tcblab/tcp/sim';
import { errnoOf, socketCalls } from './socket-calls.ts';
import { Arguments, SocketTable } from './socket-table.ts';
import type { Attempt, Outcome, SocketCall, Waiting } from './socket-table.ts';
import type { Batch, CallResult, Sut, SutConfiguration, Value } from './sut.ts';

export interface InProcessOptions {
  readonly configuration: SutConfiguration;
  readonly parts?: PartialParts;
  /** Beside the socket calls, or in place of some. */
  readonly calls?: Readonly<Record<string, SocketCall>>;
}

export function createInProcessSut(options: InProcessOptions): Sut {
  return new InProcessSut(options);
}

/** Packets in one batch. A stack with more to send, perhaps without end, is asked again at the same moment. */
const MOST_AT_ONCE = 1024;

/** A call that has not returned. */
interface Pending {
  readonly id: number;
  readonly attempt: Attempt;
}

class InProcessSut implements Sut {
  readonly #stack: IpStack;
  readonly #sockets: SocketTable;
  readonly #calls: Readonly<Record<string, SocketCall>>;
  readonly #room: Uint8Array;
  #pending: Pending[] = [];

  constructor({ configuration, parts, calls }: InProcessOptions) {
    const { address, ipv6, mtu, isnSecret, seed, settings } = configuration;
    this.#stack = createIpStack({
      address,
      ...(ipv6 === undefined ? {} : { ipv6: { address: ipv6 } }),
      mtu,
      isnSecret,
      settings,
      random: createRandom(seed),
      ...(parts === undefined ? {} : { parts }),
    });
    this.#sockets = new SocketTable(this.#stack);
    this.#calls = { ...socketCalls, ...calls };
    this.#room = new Uint8Array(mtu);
  }

  packet(now: Micros, bytes: Uint8Array): Batch {
    this.#stack.onPacket(now, bytes, 0, bytes.length);
    return this.#finish(now, []);
  }

  call(now: Micros, id: number, name: string, args: readonly Value[]): Batch {
    const call = Object.hasOwn(this.#calls, name) ? this.#calls[name] : undefined;
    if (call === undefined) return this.#finish(now, [{ id, errno: 'ENOSYS' }]);
    let attempt: Attempt | null = null;
    const refused = trying(() => {
      attempt = call(this.#sockets, new Arguments(args));
      return null;
    });
    if (refused !== null) return this.#finish(now, [{ id, ...refused }]);
    if (attempt !== null) this.#pending.push({ id, attempt });
    return this.#finish(now, []);
  }

  advance(now: Micros): Batch {
    this.#stack.onTimeout(now);
    return this.#finish(now, []);
  }

  #finish(now: Micros, results: CallResult[]): Batch {
    const stack = this.#stack;
    const packets: Uint8Array[] = [];
    /** When the first of the calls wants another try. */
    let wake: Micros = Infinity;
    // A call that returns may let another go on, and what is sent may make room; so round and round until all rests.
    for (let rests = false; !rests;) {
      rests = true;
      const waiting: Pending[] = [];
      wake = Infinity;
      for (const pending of this.#pending) {
        const outcome = trying(() => pending.attempt(now));
        if (outcome !== null && !('until' in outcome)) results.push({ id: pending.id, ...outcome });
        else {
          waiting.push(pending);
          wake = Math.min(wake, outcome?.until ?? Infinity);
        }
      }
      if (waiting.length < this.#pending.length) rests = false;
      this.#pending = waiting;
      while (packets.length < MOST_AT_ONCE) {
        const length = stack.pollTransmit(now, this.#room, 0);
        if (length === 0) break;
        packets.push(this.#room.slice(0, length));
        rests = false;
      }
      if (packets.length === MOST_AT_ONCE) {
        wake = now;
        break;
      }
    }
    stack.takeEvents();
    return { packets, results, deadline: Math.min(stack.pollTimeout(), wake) };
  }
}

/** A refusal as an outcome. What is nobody's refusal but a mistake of ours is thrown on. */
function trying<T extends Outcome | Waiting | null>(call: () => T): T | Outcome {
  try {
    return call();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return { errno };
  }
}
