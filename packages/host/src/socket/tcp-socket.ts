/**
 * A connection of our stack as a Node stream, in the shape of `net.Socket`: whatever speaks over one of those, Node's own
 * http first of all, speaks over this.
 */
import { Duplex } from 'node:stream';
import { Events } from '@tcblab/tcp';
import type { Connection, Octets } from '@tcblab/tcp';
import type { Host } from '../drive/host.ts';
import { socketError } from './socket-error.ts';

export interface ConnectOptions {
  /** Dotted IPv4 address. */
  readonly host: string;
  readonly port: number;
  readonly localPort?: number;
  /** Keep our side open when the peer has finished its own; otherwise it is closed then. Default false. */
  readonly allowHalfOpen?: boolean;
  /** As `setTimeout`. */
  readonly timeout?: number;
}

/**
 * Open a connection.
 *
 * @param onConnect listens for `connect`
 * @throws MisuseError for a port that is none or in use, or an address that is none
 */
export function connect(host: Host, options: ConnectOptions, onConnect?: () => void): TcpSocket {
  const { host: address, port, localPort } = options;
  const to = localPort === undefined ? { address, port } : { address, port, localPort };
  const connection = host.stack.open(host.now(), to);
  host.wake();
  const socket = new TcpSocket(host, connection, options.allowHalfOpen ?? false);
  if (options.timeout !== undefined) socket.setTimeout(options.timeout);
  if (onConnect !== undefined) socket.once('connect', onConnect);
  return socket;
}

export class TcpSocket extends Duplex {
  /** Until the handshake is over. */
  connecting: boolean;
  bytesRead: Octets = 0;
  readonly localAddress: string;
  readonly localPort: number;
  readonly localFamily: 'IPv4' | 'IPv6';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily: 'IPv4' | 'IPv6';
  /** Milliseconds of the last `setTimeout`. */
  timeout: number | undefined;
  readonly #host: Host;
  readonly #connection: Connection;
  /** Reading goes on only when the consumer asks: what is left in the stack closes the peer's window. */
  #wanted = false;
  #ended = false;
  /** What is being written, and how much of it the stack has taken. */
  #writing: {
    chunks: Uint8Array[];
    index: number;
    from: Octets;
    done: (error?: Error | null) => void;
  } | null = null;
  /** Waits for the handshake. */
  #finishing: ((error?: Error | null) => void) | null = null;
  #bytesTaken: Octets = 0;
  #aborting = false;
  #idle: NodeJS.Timeout | null = null;

  /** Use `connect` or `createServer`. */
  constructor(host: Host, connection: Connection, allowHalfOpen: boolean) {
    super({ allowHalfOpen, emitClose: true, autoDestroy: true });
    this.#host = host;
    this.#connection = connection;
    this.localAddress = connection.localAddress;
    this.localFamily = familyOf(connection.localAddress);
    this.localPort = connection.localPort;
    this.remoteAddress = connection.remoteAddress;
    this.remoteFamily = familyOf(connection.remoteAddress);
    this.remotePort = connection.remotePort;
    this.connecting = connection.state === 'SYN-SENT' || connection.state === 'SYN-RECEIVED';
    host.watch(connection, (bits) => this.#onEvents(bits));
    // A peer may be through before we are told of it: an end must not be missed because nobody asked for data.
    if (!this.connecting) this.read(0);
  }

  /** Octets given to `write`, taken by the stack or not. */
  get bytesWritten(): Octets {
    const { chunks, index, from } = this.#writing ?? { chunks: [], index: 0, from: 0 };
    const waiting = chunks.slice(index).reduce((sum, chunk) => sum + chunk.length, -from);
    return this.#bytesTaken + waiting + this.writableLength;
  }

  get pending(): boolean {
    return this.connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
  }

  /** Emit `timeout` after so many milliseconds in which nothing came or went; 0 for never. */
  setTimeout(milliseconds: number, onTimeout?: () => void): this {
    this.timeout = milliseconds;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (milliseconds > 0 && !this.destroyed) {
      this.#idle = setTimeout(() => this.#onIdle(), milliseconds).unref();
    }
    if (onTimeout !== undefined) {
      if (milliseconds > 0) this.once('timeout', onTimeout);
      else this.off('timeout', onTimeout);
    }
    return this;
  }

  /** Accepted and ignored: when a segment leaves is a setting of the stack. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Accepted and ignored: the stack sends no keep-alives. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** Accepted and ignored: what keeps the process alive is the host's link. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** End the connection with a RST. */
  resetAndDestroy(): this {
    this.#aborting = true;
    return this.destroy();
  }

  /** Finish our side, and let go when all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    this.#wanted = true;
    this.#pull();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writing = { chunks: [chunk], index: 0, from: 0, done };
    this.#push();
  }

  override _writev(items: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#writing = { chunks: items.map(({ chunk }) => chunk), index: 0, from: 0, done };
    this.#push();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.#finishing = done;
      return;
    }
    if (this.#connection.error === null) {
      this.#connection.close(this.#host.now());
      this.#host.wake();
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#host.watch(this.#connection, null);
    const now = this.#host.now();
    if (this.#aborting) this.#connection.abort(now);
    else this.#connection.release(now);
    this.#host.wake();
    this.#settleWrite(error ?? socketError('write', 'ECANCELED'));
    done(error);
  }

  #onEvents(bits: number): void {
    this.#refresh();
    if ((bits & Events.CONNECTED) !== 0) this.#onConnected();
    if ((bits & (Events.READABLE | Events.PEER_FINISHED)) !== 0) this.#pull();
    if ((bits & Events.WRITABLE) !== 0) this.#push();
    if ((bits & Events.CLOSED) !== 0) this.#onClosed();
  }

  #onConnected(): void {
    if (!this.connecting) return;
    this.connecting = false;
    this.emit('connect');
    this.emit('ready');
    this.#push();
    const finishing = this.#finishing;
    this.#finishing = null;
    if (finishing !== null) this._final(finishing);
    this.read(0);
  }

  #onClosed(): void {
    const { error } = this.#connection;
    if (error === null) {
      this.#pull();
      return;
    }
    const peer = { address: this.remoteAddress, port: this.remotePort };
    this.destroy(
      this.connecting ? socketError('connect', error.code, peer) : socketError('read', error.code),
    );
  }

  /** Give the consumer what has come, as long as it wants more. */
  #pull(): void {
    const connection = this.#connection;
    while (this.#wanted && connection.readable > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(connection.readable, READ_AT_MOST));
      const length = connection.receive(this.#host.now(), chunk);
      // A window that was closed may have opened.
      this.#host.wake();
      this.bytesRead += length;
      this.#wanted = this.push(length === chunk.length ? chunk : chunk.subarray(0, length));
    }
    if (connection.ended && !this.#ended) {
      this.#ended = true;
      this.push(null);
      // Nobody may be reading; the end is then noticed all the same, as in Node's own sockets.
      if (this.readableLength === 0) this.read(0);
    }
  }

  /** Give the stack what is to be written, as long as it has room. */
  #push(): void {
    const writing = this.#writing;
    if (writing === null || this.connecting) return;
    while (writing.index < writing.chunks.length) {
      const chunk = writing.chunks[writing.index];
      const taken = this.#connection.send(this.#host.now(), chunk, writing.from, chunk.length);
      writing.from += taken;
      this.#bytesTaken += taken;
      if (writing.from < chunk.length) {
        const { error } = this.#connection;
        if (error !== null)
          this.#settleWrite(socketError('write', error.code === 'ECONNRESET' ? 'EPIPE' : error.code));
        else if (taken > 0) this.#host.wake();
        return;
      }
      writing.index++;
      writing.from = 0;
    }
    this.#refresh();
    this.#host.wake();
    this.#settleWrite(null);
  }

  #settleWrite(error: Error | null): void {
    const writing = this.#writing;
    this.#writing = null;
    writing?.done(error);
  }

  #refresh(): void {
    this.#idle?.refresh();
  }

  #onIdle(): void {
    this.emit('timeout');
    this.#idle?.refresh();
  }
}

const READ_AT_MOST: Octets = 65_536;

/** In Node's words. */
function familyOf(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
