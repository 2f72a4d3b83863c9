/** Socket options over our stack: what each means to the core, and what it reads as when nobody has set it. */
import { defaultSettings } from '@tcblab/tcp';
import type { Connection, Micros, Settings } from '@tcblab/tcp';
import type { Value } from './sut.ts';
import type { Outcome, Socket } from './socket-table.ts';
import { tellError } from './transfer-calls.ts';

interface SocketOption {
  /** What `getsockopt` tells before anybody has set it. */
  initial(socket: Socket): number | string;
  /** @returns null for a value that the option cannot take */
  settings?(value: number): Partial<Settings> | null;
  /** A value that is text: the error's name where it will not do. */
  check?(socket: Socket, value: Value): string | null;
  /** What it does beyond the settings, once there is a connection. */
  apply?(now: Micros, connection: Connection, socket: Socket): void;
}

const SECOND: Micros = 1_000_000;
/** Octets; smaller buffers than a segment's worth of bookkeeping help nobody. */
const LEAST_BUFFER = 128;
const SYNS = 127;

const flag = (settings: (on: boolean) => Partial<Settings>, on = 0): SocketOption => ({
  initial: () => on,
  settings: (value) => settings(value !== 0),
});
const inert = (initial = 0): SocketOption => ({ initial: () => initial });
const current = (socket: Socket): Settings => {
  const { connection, settings } = socket;
  return connection?.tcb.settings ?? { ...defaultSettings, ...settings };
};

const OPTIONS: Readonly<Record<string, SocketOption>> = {
  SO_OOBINLINE: inert(),
  SO_BROADCAST: inert(),
  SO_PRIORITY: inert(),
  SO_RCVBUF: {
    initial: (socket) => current(socket).receiveBuffer,
    settings: (value) => ({ receiveBuffer: Math.max(LEAST_BUFFER, value) }),
  },
  SO_SNDBUF: {
    initial: (socket) => current(socket).sendBuffer,
    settings: (value) => ({ sendBuffer: Math.max(LEAST_BUFFER, value) }),
  },
  TCP_NODELAY: flag((on) => ({ nagle: !on })),
  TCP_CORK: flag((on) => ({ cork: on })),
  TCP_QUICKACK: {
    initial: () => 0,
    settings: (value) => ({ delayedAck: value === 0 ? defaultSettings.delayedAck : 0 }),
  },
  TCP_MAXSEG: {
    initial: ({ connection, settings }) =>
      connection?.snapshot().snd.mss ?? settings.maxSegmentSize ?? DEFAULT_MSS,
    settings: (value) => (value < 88 || value > 32_767 ? null : { maxSegmentSize: value }),
  },
  SO_KEEPALIVE: {
    initial: (socket) => (current(socket).keepAlive ? 1 : 0),
    settings: () => ({}),
    apply: keepAlive,
  },
  TCP_KEEPIDLE: {
    initial: (socket) => current(socket).keepAliveIdle / SECOND,
    settings: (value) => (isSeconds(value) ? {} : null),
    apply: keepAlive,
  },
  TCP_KEEPINTVL: {
    initial: (socket) => current(socket).keepAliveInterval / SECOND,
    settings: (value) => (isSeconds(value) ? {} : null),
    apply: keepAlive,
  },
  TCP_KEEPCNT: {
    initial: (socket) => current(socket).keepAliveProbes,
    settings: (value) => (value < 1 || value > 127 ? null : {}),
    apply: keepAlive,
  },
  // In ms; 0 = as the limits on retransmission have it.
  TCP_USER_TIMEOUT: {
    initial: () => 0,
    settings: (value) => (value < 0 ? null : {}),
    apply: (now, connection, { options }) =>
      connection.setUserTimeout(now, Number(options.get('TCP_USER_TIMEOUT') ?? 0) * 1000),
  },
  TCP_DEFER_ACCEPT: { initial: () => 0, settings: (value) => (value < 0 ? null : {}) },
  // So many SYNs, each after twice the time of the last.
  TCP_SYNCNT: {
    initial: () => 6,
    settings: (value) =>
      value < 1 || value > SYNS ? null : { synLimit: (2 ** (value + 1) - 1) * defaultSettings.initialRto },
  },
  TCP_LINGER2: {
    initial: () => defaultSettings.finWait2Limit / SECOND,
    settings: (value) => (value < 0 ? null : { finWait2Limit: value * SECOND }),
  },
  TCP_CONGESTION: {
    initial: congestionControl,
    check: (socket, value) => (value === congestionControl(socket) ? null : 'ENOENT'),
  },
};

/** As Linux bounds it. */
const MOST_SECONDS = 32_767;

function isSeconds(value: number): boolean {
  return value >= 1 && value <= MOST_SECONDS;
}

/** The options of keep-alive work together: each of them may come first. */
function keepAlive(now: Micros, connection: Connection, socket: Socket): void {
  const { options } = socket;
  const read = (name: string) => Number(options.get(name) ?? OPTIONS[name].initial(socket));
  if (read('SO_KEEPALIVE') === 0) return connection.setKeepAlive(now, null);
  connection.setKeepAlive(now, {
    idle: read('TCP_KEEPIDLE') * SECOND,
    interval: read('TCP_KEEPINTVL') * SECOND,
    probes: read('TCP_KEEPCNT'),
  });
}

/** Of a socket that is not connected. @rfc 9293 3.7.1 MUST-15 */
const DEFAULT_MSS = 536;

function congestionControl(socket: Socket): string {
  return current(socket).cubic ? 'cubic' : 'reno';
}

/** @returns 0, or ENOPROTOOPT for an option that is not known: never is one silently ignored */
export function setOption(now: Micros, socket: Socket, name: string, value: Value): Outcome {
  switch (name) {
    case 'SO_REUSEADDR':
      socket.reuseAddress = value !== 0;
      return DONE;
    case 'SO_LINGER': {
      // struct linger as a list: whether to linger, and how many seconds.
      if (!Array.isArray(value)) return INVALID;
      const [on, seconds] = value as readonly Value[];
      socket.linger = on === 0 ? null : Number(seconds);
      return DONE;
    }
  }
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (option === undefined) return UNKNOWN;
  const refused = option.check?.(socket, value) ?? null;
  if (refused !== null) return { errno: refused };
  if (typeof value !== 'number' && typeof value !== 'string') return INVALID;
  if (typeof value === 'string' && option.check === undefined) return INVALID;
  const changed = typeof value === 'number' ? (option.settings?.(value) ?? null) : {};
  if (changed === null && option.settings !== undefined) return INVALID;
  socket.options.set(name, value);
  socket.settings = { ...socket.settings, ...changed };
  const { connection } = socket;
  if (connection !== null) {
    connection.configure(now, changed ?? {});
    option.apply?.(now, connection, socket);
  }
  return DONE;
}

/** SO_ERROR is 0 or the error's name; SO_LINGER a list as it is set. */
export function readOption(socket: Socket, name: string): Outcome {
  switch (name) {
    case 'SO_ERROR': {
      const told = tellError(socket);
      if (told !== null && 'errno' in told) return { value: told.errno };
      return { value: socket.connection?.takeSoftError()?.code ?? 0 };
    }
    case 'SO_REUSEADDR':
      return { value: socket.reuseAddress ? 1 : 0 };
    case 'SO_LINGER':
      return { value: socket.linger === null ? [0, 0] : [1, socket.linger] };
    case 'SO_ACCEPTCONN':
      return { value: socket.listener === null ? 0 : 1 };
    case 'SO_TYPE':
      return { value: STREAM };
  }
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  return option === undefined ? UNKNOWN : { value: socket.options.get(name) ?? option.initial(socket) };
}

/** A connection was opened: what was set before it counts. The settings were given to it already. */
export function applyOptions(now: Micros, socket: Socket): void {
  const { connection } = socket;
  if (connection === null) return;
  for (const name of socket.options.keys()) OPTIONS[name].apply?.(now, connection, socket);
}

/** An accepted connection has the options of its listener. */
export function inheritOptions(now: Micros, listener: Socket, accepted: Socket): void {
  for (const [name, value] of listener.options) accepted.options.set(name, value);
  accepted.settings = listener.settings;
  accepted.linger = listener.linger;
  if (Object.keys(listener.settings).length > 0) accepted.connection?.configure(now, listener.settings);
  applyOptions(now, accepted);
}

const DONE = { value: 0 } as const;
const INVALID = { errno: 'EINVAL' } as const;
const UNKNOWN = { errno: 'ENOPROTOOPT' } as const;
const STREAM = 1;
