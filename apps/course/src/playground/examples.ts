/** Runs to begin with: each stands where there is something to do by hand. */
import { translate } from '@docusaurus/Translate';
import type { Action } from './action.ts';
import { World } from './world.ts';

export interface Example {
  readonly id: string;
  readonly title: () => string;
  /** What to try, in a sentence. */
  readonly hint: () => string;
  readonly begin: () => World;
}

const LISTEN: Action = { kind: 'listen', side: 1, port: 80, backlog: 5 };
const OPEN: Action = { kind: 'open', side: 0, port: 80, localPort: 0 };
const SETTLED = 1_000_000;

/** Actions, or times until which all goes its way. */
function world(...course: readonly (Action | number)[]): World {
  const made = new World(1);
  for (const each of course) {
    if (typeof each === 'number') made.advance(each);
    else made.act(each);
  }
  return made;
}

export const EXAMPLES: readonly Example[] = [
  {
    id: 'handshake',
    title: () => translate({ id: 'playground.example.handshake', message: 'Handshake' }),
    hint: () =>
      translate({
        id: 'playground.example.handshake.hint',
        message: 'A SYN is on the wire. Step, and watch both sides in the diagram.',
      }),
    begin: () => world(LISTEN, OPEN),
  },
  {
    id: 'loss',
    title: () => translate({ id: 'playground.example.loss', message: 'A lost segment' }),
    hint: () =>
      translate({
        id: 'playground.example.loss.hint',
        message: 'Text is on the wire. Drop the segment, then step until it comes again.',
      }),
    begin: () => world(LISTEN, OPEN, SETTLED, { kind: 'send', side: 0, text: 'hello' }),
  },
  {
    id: 'third-ack',
    title: () => translate({ id: 'playground.example.third-ack', message: 'The third ACK' }),
    hint: () =>
      translate({
        id: 'playground.example.third-ack.hint',
        message:
          'A believes the connection open, and its ACK is held on the wire. Step: what does B do? Then deliver it.',
      }),
    begin: () => world({ kind: 'hold', side: 0, hold: 'third-ack' }, LISTEN, OPEN, 100_000),
  },
  {
    id: 'both-open',
    title: () => translate({ id: 'playground.example.both-open', message: 'Both open' }),
    hint: () =>
      translate({
        id: 'playground.example.both-open.hint',
        message: 'Two SYNs cross. Nobody listens, and yet there will be one connection.',
      }),
    begin: () =>
      world(
        { kind: 'open', side: 0, port: 5000, localPort: 4000 },
        { kind: 'open', side: 1, port: 4000, localPort: 5000 },
      ),
  },
  {
    id: 'both-close',
    title: () => translate({ id: 'playground.example.both-close', message: 'Both close' }),
    hint: () =>
      translate({
        id: 'playground.example.both-close.hint',
        message: 'Two FINs cross. Which state comes between FIN-WAIT-1 and TIME-WAIT?',
      }),
    begin: () => world(LISTEN, OPEN, SETTLED, { kind: 'close', side: 0 }, { kind: 'close', side: 1 }),
  },
  {
    id: 'closed-window',
    title: () => translate({ id: 'playground.example.closed-window', message: 'A closed window' }),
    hint: () =>
      translate({
        id: 'playground.example.closed-window.hint',
        message:
          'B’s program does not read and A has much to send. Step until the window is 0, and further. Then let B read.',
      }),
    begin: () =>
      world(
        LISTEN,
        OPEN,
        SETTLED,
        { kind: 'read', side: 1, on: false },
        { kind: 'send-octets', side: 0, octets: 100_000 },
      ),
  },
  {
    id: 'flood',
    title: () => translate({ id: 'playground.example.flood', message: 'A SYN flood' }),
    hint: () =>
      translate({
        id: 'playground.example.flood.hint',
        message:
          'Eight SYNs from nobody, then one from A, for a listener with a backlog of five. Does A get through?',
      }),
    begin: () => world(LISTEN, { kind: 'flood', side: 0, port: 80, count: 8 }, 40_000, OPEN),
  },
];
