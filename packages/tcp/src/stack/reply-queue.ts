/** Answers that belong to no connection: resets and echo replies. Bounded, so that a flood costs no memory. */
import type { Outgoing } from '../tcb/parts.ts';
import type { Address } from '../wire/address.ts';

export interface Echo {
  readonly id: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export type Reply =
  | {
      readonly kind: 'reset';
      readonly remote: Address;
      readonly remotePort: number;
      readonly localPort: number;
      readonly segment: Outgoing;
    }
  | { readonly kind: 'echo'; readonly remote: Address; readonly message: Echo };

/** More wait than this only when nobody pulls; the latest are then dropped, and their senders try again. */
const MOST = 256;

export class ReplyQueue {
  readonly #replies: Reply[] = [];

  push(reply: Reply): void {
    if (this.#replies.length < MOST) this.#replies.push(reply);
  }

  shift(): Reply | undefined {
    return this.#replies.shift();
  }
}
