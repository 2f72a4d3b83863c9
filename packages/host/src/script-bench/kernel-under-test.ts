/** The Linux kernel's TCP, in a namespace, as what a script judges. */
import { linuxSysctl } from '@tcblab/drill/script';
import type { CallResult, Value } from '@tcblab/drill/sut';
import { MachineError } from '@tcblab/raw-socket';
import {
  destroySocket,
  listSockets,
  socketAddressText,
  type ListedSocket,
  type Outcome,
  type SocketAddress,
} from '../kernel-sockets/index.ts';
import type { Namespace } from '../namespace/index.ts';
import { KernelCalls, type Attempt } from './kernel-calls.ts';
import { toldByRoute } from './route-metrics.ts';
import type { Listener, UnderTest } from './under-test.ts';

/** How often what nothing tells of is looked at, in ms. */
const LOOK_EVERY = 1;
/** What a script may set: nothing outside the network of its namespace. */
const SETTABLE = /^net\.(?:ipv4|ipv6|core)\.[\w.]+$/;

/** What the kernel's place has to know of the script. */
interface JudgingScript {
  /** Of sockets for which the script names none. */
  readonly ipVersion: 4 | 6;
  /** In octets; null = the script does not tell. */
  readonly peerSegment: number | null;
}

export class KernelUnderTest implements UnderTest {
  readonly #namespace: Namespace;
  readonly #script: JudgingScript;
  readonly #listener: Listener;
  readonly #calls: KernelCalls;
  readonly #over = new AbortController();
  broken: string | null = null;
  /** The kernel has its own processor time. */
  readonly deadline = Infinity;

  constructor(namespace: Namespace, script: JudgingScript, listener: Listener) {
    const { ipVersion } = script;
    this.#namespace = namespace;
    this.#script = script;
    this.#listener = listener;
    this.#calls = new KernelCalls({
      ipVersion,
      socket: (domain, type, protocol) => namespace.socket(domain, type, protocol),
      isEnding: (local, remote) => this.#isEnding(local, remote),
    });
  }

  call(id: number, name: string, args: readonly Value[]): void {
    const asked = this.#ask(name, args);
    if (asked !== null) return this.#tell(id, asked);
    const begun = this.#calls.begin(name, args);
    if (!('try' in begun)) return this.#tell(id, begun);
    const outcome = begun.try();
    if (outcome !== null) this.#tell(id, outcome);
    else void this.#wait(id, begun);
  }

  turn(): void {}

  close(): void {
    this.#over.abort();
    this.#calls.close();
  }

  /** What a script asks that no application calls. @returns null when it is a call */
  #ask(name: string, args: readonly Value[]): Outcome<Value> | null {
    switch (name) {
      case 'sysctl':
        return refusable(() => this.#set(String(args[0]), String(args[1])));
      case 'connections':
        return refusable(() =>
          listSockets(this.#namespace).map(({ state, local, remote }) => [
            state,
            socketAddressText(local),
            socketAddressText(remote),
          ]),
        );
      case 'drop':
        return refusable(() => this.#drop(args[0]));
      default:
        return null;
    }
  }

  #set(name: string, value: string): Value {
    if (toldByRoute(name, value, this.#script.peerSegment)) return 0;
    const own = linuxSysctl(name, value);
    if (!SETTABLE.test(own.name)) throw new MachineError(NO_SUCH_SETTING, `set ${name}`);
    this.#namespace.writeSetting(own.name, own.value);
    return 0;
  }

  #drop(fd: Value): Value {
    const socket = this.#calls.socketOf(fd);
    const [local, remote] = [socket?.localAddress().value ?? null, socket?.remoteAddress().value ?? null];
    const listed = local === null || remote === null ? undefined : this.#find(local, remote);
    if (listed !== undefined) destroySocket(listed, this.#namespace);
    return 0;
  }

  #isEnding(local: SocketAddress, remote: SocketAddress): boolean {
    const state = this.#find(local, remote)?.state;
    return state === 'FIN-WAIT-1' || state === 'CLOSING' || state === 'LAST-ACK';
  }

  #find(local: SocketAddress, remote: SocketAddress): ListedSocket | undefined {
    const wanted = `${socketAddressText(local)} ${socketAddressText(remote)}`;
    return listSockets(this.#namespace).find(
      (one) => `${socketAddressText(one.local)} ${socketAddressText(one.remote)}` === wanted,
    );
  }

  async #wait(id: number, attempt: Attempt): Promise<void> {
    const { ready } = attempt;
    while (!this.#over.signal.aborted) {
      if (ready === 'soon') await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      else {
        const found = await ready.socket.ready(ready.events);
        if (found.errno !== undefined) return this.#tell(id, { errno: found.errno });
      }
      if (this.#over.signal.aborted) return;
      const outcome = attempt.try();
      if (outcome !== null) return this.#tell(id, outcome);
    }
  }

  #tell(id: number, outcome: Outcome<Value>): void {
    const result: CallResult =
      outcome.errno === undefined ? { id, value: outcome.value } : { id, errno: outcome.errno };
    this.#listener.onResult(result);
  }
}

const NO_SUCH_SETTING = 2;

function refusable(ask: () => Value): Outcome<Value> {
  try {
    return { value: ask() };
  } catch (error) {
    if (error instanceof MachineError) return { errno: error.code };
    throw error;
  }
}
