/** Two programs that talk in messages over any byte stream: a pipe, a serial console, SSH. Both ends are alike. */
import type { Readable, Writable } from 'node:stream';
import { encodeMessage, MessageDecoder } from './frame-codec.ts';

export const MESSAGE = { hello: 1, request: 2, reply: 3, event: 4, piece: 5, alive: 6 } as const;

export interface ChannelEvents {
  readonly onMessage: (type: number, payload: Uint8Array) => void;
  /** Bytes on the line that are none of ours: a shell's prompt, a kernel's message. */
  readonly onNoise?: (bytes: Uint8Array) => void;
  /** The other end is gone, or the line. Once. */
  readonly onEnd: (reason: string) => void;
}

export class Channel {
  readonly #output: Writable;
  readonly #input: Readable;
  #ended = false;
  #heardAt = performance.now();

  constructor(input: Readable, output: Writable, { onMessage, onNoise, onEnd }: ChannelEvents) {
    this.#input = input;
    this.#output = output;
    const decoder = new MessageDecoder(
      ({ type, payload }) => {
        this.#heardAt = performance.now();
        onMessage(type, payload);
      },
      onNoise ?? (() => {}),
    );
    const end = (reason: string) => {
      if (this.#ended) return;
      this.#ended = true;
      onEnd(reason);
    };
    input.on('data', (piece: Uint8Array) => decoder.push(piece));
    input.once('end', () => end('its end of the line was closed'));
    input.once('close', () => end('its end of the line was closed'));
    input.once('error', (error) => end(error.message));
    output.on('error', (error) => end(error.message));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Milliseconds since anything intelligible was heard. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  /** Octets that wait to be sent. */
  get backlog(): number {
    return this.#output.writableLength;
  }

  send(type: number, payload: Uint8Array): void {
    if (!this.#ended && this.#output.writable) this.#output.write(encodeMessage(type, payload));
  }

  sendJson(type: number, value: unknown): void {
    this.send(type, Buffer.from(JSON.stringify(value)));
  }

  /** Say no more; what was said is still delivered. */
  close(): void {
    this.#ended = true;
    this.#input.removeAllListeners('data').pause();
    this.#output.end();
  }
}
