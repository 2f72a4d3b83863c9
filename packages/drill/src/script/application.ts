/** The application of a script: its system calls as calls to the system under test, and its descriptors. */
import type { CallResult, Value } from '../sut/sut.ts';
import {
  ERRNOS,
  eventList,
  fileFlags,
  member,
  messageLength,
  optionValue,
  pollEntries,
  sameFlags,
  socketAddress,
  vectorLength,
} from './call-arguments.ts';
import { ScriptError } from './problem.ts';
import { pattern, type Flow } from './flow.ts';
import type { FlowTable } from './flow-table.ts';
import { printExpression } from './print-script.ts';
import type { CallAction } from './syntax.ts';

/** What a script takes for granted of the two hosts. */
export interface Endpoints {
  /** Of the stack under test. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Where connect() goes when the script does not say. */
  readonly connectPort: number;
}

export interface PreparedCall {
  readonly name: string;
  readonly args: readonly Value[];
  /**
   * The call has returned: keep what it told, and compare.
   *
   * @returns what came instead of what the script says; null = as it says
   */
  complete(result: CallResult): string | null;
}

/** A descriptor of the script. */
interface Descriptor {
  readonly live: number;
  flow: Flow | null;
  /** Octets read so far. */
  received: number;
  /** SO_OOBINLINE. */
  inline: boolean;
}

/** What a call gives for C's int, and what of its value the script does not say by that. */
interface Told {
  readonly result: number | string;
  /** Why the rest of the value is not what the script says. */
  readonly wrong?: string | null;
}

type Convert = (call: CallAction) => {
  readonly name: string;
  readonly args: readonly Value[];
  tell(value: Value): Told;
};

export class Application {
  readonly #flows: FlowTable;
  readonly #endpoints: Endpoints;
  readonly #descriptors = new Map<number, Descriptor>();
  readonly #bound = new Map<number, number>();

  constructor(flows: FlowTable, endpoints: Endpoints) {
    this.#flows = flows;
    this.#endpoints = endpoints;
  }

  /** The stack's descriptors that are open, the youngest first; those with a connection before others. */
  get liveDescriptors(): number[] {
    const open = [...this.#descriptors.values()].toReversed();
    const rank = ({ flow }: Descriptor) => (flow === null ? 1 : 0);
    return open.toSorted((a, b) => rank(a) - rank(b)).map(({ live }) => live);
  }

  /** @throws ScriptError when the script calls it wrongly */
  prepare(call: CallAction): PreparedCall {
    const convert = Object.hasOwn(this.#calls, call.name) ? this.#calls[call.name] : undefined;
    if (convert === undefined) throw new ScriptError(call.at, `there is no system call ${call.name} here`);
    const converted = convert(call);
    const { name, args } = converted;
    return {
      name,
      args,
      complete: (result) => this.#compare(call, result, (value) => converted.tell(value)),
    };
  }

  #compare(call: CallAction, result: CallResult, tell: (value: Value) => Told): string | null {
    if ('errno' in result) return call.errno === result.errno ? null : `-1 ${result.errno}`;
    const { result: got, wrong } = tell(result.value);
    if (call.errno !== null) return `${got}`;
    if (wrong !== undefined && wrong !== null) return wrong;
    if (call.result.kind === 'unchecked') return null;
    const wanted = call.result.kind === 'integer' ? call.result.value : printExpression(call.result);
    return wanted === got ? null : `${got}`;
  }

  readonly #calls: Record<string, Convert> = {
    socket: (call) => ({
      name: 'socket',
      args: [this.#text(call, 0), this.#text(call, 1), this.#text(call, 2)],
      tell: (value) => this.#opened(call, value, null),
    }),

    bind: (call) => {
      const fd = this.#number(call, 0);
      const address = socketAddress(call.args[1]);
      const port = address?.port ?? this.#flows.boundPort;
      return {
        name: 'bind',
        args: [this.#live(fd), address?.address ?? this.#endpoints.localAddress, port],
        tell: (value) => {
          this.#bound.set(fd, port);
          if (address !== null) this.#flows.namedPorts.add(port);
          if (this.#flows.namedPorts.size === 1) this.#flows.boundPort = port;
          return told(value);
        },
      };
    },

    listen: (call) => this.#plain(call, [this.#live(this.#number(call, 0)), this.#number(call, 1)]),

    accept: (call) => this.#accept(call, ''),
    accept4: (call) => this.#accept(call, this.#text(call, 3)),

    connect: (call) => {
      const fd = this.#number(call, 0);
      const address = socketAddress(call.args[1]);
      const port = address?.port ?? this.#endpoints.connectPort;
      const descriptor = this.#descriptors.get(fd);
      // A second connect() on the same descriptor asks about the first.
      if (descriptor !== undefined && (descriptor.flow === null || descriptor.flow.closed)) {
        descriptor.flow = this.#flows.opened(port, this.#bound.get(fd) ?? null);
      }
      return this.#plain(call, [this.#live(fd), address?.address ?? this.#endpoints.remoteAddress, port]);
    },

    read: (call) => this.#receive(call, 'read', [this.#number(call, 2)]),
    recv: (call) => this.#receive(call, 'recv', [this.#number(call, 2), this.#text(call, 3)]),
    recvfrom: (call) => this.#receive(call, 'recv', [this.#number(call, 2), this.#text(call, 3)]),
    recvmsg: (call) => this.#receive(call, 'recv', [messageLength(call, call.args[1]), this.#text(call, 2)]),

    write: (call) => this.#send(call, 'write', this.#number(call, 2), []),
    send: (call) => this.#send(call, 'send', this.#number(call, 2), [this.#text(call, 3)]),
    sendto: (call) => this.#send(call, 'send', this.#number(call, 2), [this.#text(call, 3)]),
    sendmsg: (call) => this.#send(call, 'send', messageLength(call, call.args[1]), [this.#text(call, 2)]),
    writev: (call) => this.#send(call, 'write', vectorLength(call, call.args[1]), []),

    close: (call) => {
      const fd = this.#number(call, 0);
      return {
        name: 'close',
        args: [this.#live(fd)],
        tell: (value) => {
          const flow = this.#descriptors.get(fd)?.flow ?? null;
          if (flow !== null) flow.closed = true;
          this.#descriptors.delete(fd);
          return told(value);
        },
      };
    },

    shutdown: (call) => this.#plain(call, [this.#live(this.#number(call, 0)), this.#text(call, 1)]),

    setsockopt: (call) => {
      const fd = this.#number(call, 0);
      const name = this.#text(call, 2);
      const value = optionValue(call.args[3]);
      const descriptor = this.#descriptors.get(fd);
      if (name === 'SO_OOBINLINE' && descriptor !== undefined) descriptor.inline = value !== 0;
      return this.#plain(call, [this.#live(fd), this.#text(call, 1), name, value]);
    },

    getsockopt: (call) => ({
      name: 'getsockopt',
      args: [this.#live(this.#number(call, 0)), this.#text(call, 1), this.#text(call, 2)],
      tell: (value) => {
        const wanted = call.args[3];
        const got = typeof value === 'string' ? (ERRNOS[value] ?? value) : value;
        const named = wanted?.kind === 'list' || wanted?.kind === 'text' ? optionValue(wanted) : null;
        const expected = typeof named === 'string' ? (ERRNOS[named] ?? named) : named;
        const same = expected === null || expected === got;
        return { result: 0, wrong: same ? null : `the option is ${String(got)}` };
      },
    }),

    fcntl: (call) => ({
      name: 'fcntl',
      args: [this.#live(this.#number(call, 0)), this.#text(call, 1), this.#text(call, 2)],
      tell: (value) => (typeof value === 'string' ? { result: fileFlags(value) } : told(value)),
    }),

    ioctl: (call) => ({
      name: 'ioctl',
      args: [this.#live(this.#number(call, 0)), this.#text(call, 1)],
      tell: (value) => {
        const wanted = call.args[2]?.kind === 'list' ? optionValue(call.args[2]) : null;
        return { result: 0, wrong: wanted === null || wanted === value ? null : `it tells ${String(value)}` };
      },
    }),

    poll: (call) => {
      const asked = pollEntries(call);
      const args = asked.map(({ fd, events }) => [this.#live(fd), events]);
      return {
        name: 'poll',
        args: [args, this.#number(call, 2)],
        tell: (value) => {
          const got = Array.isArray(value) ? value.map(String) : [];
          const differs = asked.findIndex(
            ({ revents }, i) => revents !== null && !sameFlags(revents, got[i] ?? ''),
          );
          const wrong = differs < 0 ? null : `revents=${got[differs] || '0'} of fd ${asked[differs].fd}`;
          return { result: got.filter((flags) => flags !== '').length, wrong };
        },
      };
    },

    epoll_create: (call) => this.#epollSet(call),
    epoll_create1: (call) => this.#epollSet(call),

    epoll_ctl: (call) => {
      const event = call.args[3];
      const events = event?.kind === 'struct' ? member(event, 'events') : undefined;
      return this.#plain(call, [
        this.#live(this.#number(call, 0)),
        this.#text(call, 1),
        this.#live(this.#number(call, 2)),
        events === undefined ? '' : printExpression(events),
      ]);
    },

    epoll_wait: (call) => {
      const wanted = eventList(call.args[1]);
      return {
        name: 'epoll_wait',
        args: [this.#live(this.#number(call, 0)), this.#number(call, 2), this.#number(call, 3)],
        tell: (value) => {
          const got = Array.isArray(value) ? (value as readonly Value[]) : [];
          const seen = got.map((one) => (Array.isArray(one) ? (one as readonly Value[]) : []));
          const differs = seen.findIndex(([fd, events], i) => {
            const one = i < wanted.length ? wanted[i] : null;
            if (one === null) return false;
            const other = one.fd !== null && this.#live(one.fd) !== fd;
            return other || (one.events !== null && !sameFlags(one.events, String(events)));
          });
          const wrong =
            differs < 0
              ? null
              : `events=${String(seen[differs][1])} of descriptor ${String(seen[differs][0])}`;
          return { result: got.length, wrong };
        },
      };
    },
  };

  #plain(call: CallAction, args: readonly Value[]) {
    return { name: call.name, args, tell: told };
  }

  #epollSet(call: CallAction) {
    return { name: 'epoll_create', args: [], tell: (value: Value) => this.#opened(call, value, null) };
  }

  #accept(call: CallAction, flags: string) {
    return {
      name: flags === '' ? 'accept' : 'accept4',
      args: [this.#live(this.#number(call, 0)), ...(flags === '' ? [] : [flags])],
      tell: (value: Value): Told => {
        const [live, , port] = Array.isArray(value) ? value : [value];
        return this.#opened(call, live, typeof port === 'number' ? this.#flows.withRemotePort(port) : null);
      },
    };
  }

  /** A new descriptor: the script's number for it is whatever the script says. */
  #opened(call: CallAction, live: Value, flow: Flow | null): Told {
    if (typeof live !== 'number') return { result: String(live) };
    const fd = call.result.kind === 'integer' ? call.result.value : live;
    if (fd < 0) return { result: live };
    this.#descriptors.set(fd, { live, flow, received: 0, inline: false });
    return { result: fd };
  }

  #receive(call: CallAction, name: string, rest: readonly Value[]) {
    const descriptor = this.#descriptors.get(this.#number(call, 0));
    return {
      name,
      args: [this.#live(this.#number(call, 0)), ...rest],
      tell: (value: Value): Told => {
        if (!(value instanceof Uint8Array)) return told(value);
        const has = (flag: string) => rest.some((one) => typeof one === 'string' && one.includes(flag));
        if (descriptor === undefined || has('MSG_OOB')) return { result: value.length };
        const { received: from, flow, inline } = descriptor;
        const content = call.args[1];
        const first = (flow?.synSeq ?? 0) + 1 + from;
        // An urgent octet that is out of line is no part of what is read.
        const urgent = inline ? null : (flow?.urgentOctet ?? null);
        const skipped = urgent !== null && urgent >= first && urgent < first + value.length ? 1 : 0;
        const octets = pattern(first, value.length + skipped).filter((_, i) => first + i !== urgent);
        if (!has('MSG_PEEK')) descriptor.received += value.length + skipped;
        // Texts are compared as the script has them, and what the script injected by its place in the stream.
        const wanted = content?.kind === 'text' ? latin1(content.value) : octets;
        const differs = value.findIndex((octet, i) => i < wanted.length && octet !== wanted[i]);
        return { result: value.length, wrong: differs < 0 ? null : `octet ${from + differs} is another` };
      },
    };
  }

  #send(call: CallAction, name: string, length: number, rest: readonly Value[]) {
    const flow = this.#descriptors.get(this.#number(call, 0))?.flow ?? null;
    const before = flow?.written.length ?? 0;
    const octets = pattern(before + 1, Math.min(length, MOST));
    const content = call.args[1];
    if (content?.kind === 'text') octets.set(latin1(content.value).subarray(0, octets.length));
    // At once, as segments may go out before the call returns; what was not taken is cut off again.
    flow?.written.append(octets);
    return {
      name,
      args: [this.#live(this.#number(call, 0)), octets, ...rest],
      tell: (value: Value): Told => {
        if (typeof value === 'number') flow?.written.truncate(before + value);
        return told(value);
      },
    };
  }

  #live(fd: number): number {
    return this.#descriptors.get(fd)?.live ?? fd;
  }

  #number(call: CallAction, index: number): number {
    const argument = call.args[index];
    if (argument?.kind === 'integer') return argument.value;
    if (argument === undefined) throw new ScriptError(call.at, `${call.name} has too few arguments`);
    throw new ScriptError(argument.at, `${call.name} takes a number here, not ${printExpression(argument)}`);
  }

  /** A word or words joined by `|`, as they are; none = ''. */
  #text(call: CallAction, index: number): string {
    const argument = call.args[index];
    if (argument === undefined || argument.kind === 'unchecked') return '';
    if (argument.kind === 'integer' && argument.value === 0) return '';
    return printExpression(argument);
  }
}

/** The most that one call writes. */
const MOST = 1_048_576;

function told(value: Value): Told {
  return { result: typeof value === 'number' ? value : String(value) };
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
