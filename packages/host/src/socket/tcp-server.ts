/** A listener of our stack in the shape of `net.Server`. */
import { EventEmitter } from 'node:events';
import { MisuseError } from '@tcblab/tcp';
import type { Listener } from '@tcblab/tcp';
import type { Host } from '../drive/host.ts';
import { socketError } from './socket-error.ts';
import { TcpSocket } from './tcp-socket.ts';

export interface ServerOptions {
  /** Handed on to each connection's socket. Default false. */
  readonly allowHalfOpen?: boolean;
}

/** As `net.createServer`: `createServer(host, { allowHalfOpen: true }, (socket) => …).listen(80)`. */
export function createServer(
  host: Host,
  options: ServerOptions = {},
  onConnection?: (socket: TcpSocket) => void,
): TcpServer {
  const server = new TcpServer(host, options);
  if (onConnection !== undefined) server.on('connection', onConnection);
  return server;
}

/** Emits `listening`, `connection` with a `TcpSocket`, `error`, and `close` when it and all its connections are closed. */
export class TcpServer extends EventEmitter {
  /** More than these are closed as soon as they are made. */
  maxConnections = Infinity;
  readonly #host: Host;
  readonly #allowHalfOpen: boolean;
  readonly #sockets = new Set<TcpSocket>();
  #listener: Listener | null = null;
  #closing = false;

  /** Use `createServer`. */
  constructor(host: Host, options: ServerOptions) {
    super();
    this.#host = host;
    this.#allowHalfOpen = options.allowHalfOpen ?? false;
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  /** @param options a port, or one with the number of connections that may wait to be accepted */
  listen(
    options: number | { readonly port: number; readonly backlog?: number },
    onListening?: () => void,
  ): this {
    const at = typeof options === 'number' ? { port: options } : options;
    if (onListening !== undefined) this.once('listening', onListening);
    try {
      const listener = this.#host.stack.listen(this.#host.now(), at);
      this.#listener = listener;
      this.#closing = false;
      this.#host.watch(listener, () => this.#accept(listener));
      process.nextTick(() => this.emit('listening'));
    } catch (error) {
      if (!(error instanceof MisuseError) || error.code !== 'address-in-use') throw error;
      const { address } = this.#host;
      process.nextTick(() =>
        this.emit('error', socketError('listen', 'EADDRINUSE', { address, port: at.port })),
      );
    }
    return this;
  }

  /** Accept no more; those there are go on. `onClose` is called, and `close` emitted, when the last of them is closed. */
  close(onClose?: (error?: Error) => void): this {
    if (this.#listener === null) {
      const error = Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
      if (onClose !== undefined) process.nextTick(onClose, error);
      return this;
    }
    if (onClose !== undefined) this.once('close', onClose);
    this.#listener.close(this.#host.now());
    this.#host.watch(this.#listener, null);
    this.#host.wake();
    this.#listener = null;
    this.#closing = true;
    this.#closeIfEmpty();
    return this;
  }

  address(): { address: string; family: string; port: number } | null {
    if (this.#listener === null) return null;
    return { address: this.#host.address, family: 'IPv4', port: this.#listener.port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#sockets.size);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #accept(listener: Listener): void {
    for (let connection = listener.accept(); connection !== null; connection = listener.accept()) {
      const socket = new TcpSocket(this.#host, connection, this.#allowHalfOpen);
      if (this.#sockets.size >= this.maxConnections) {
        socket.destroy();
        continue;
      }
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#closeIfEmpty();
      });
      this.emit('connection', socket);
    }
  }

  #closeIfEmpty(): void {
    if (!this.#closing || this.#sockets.size > 0) return;
    this.#closing = false;
    process.nextTick(() => this.emit('close'));
  }
}
