/** Puzzle: which state is one end in after the segments shown? */
import { translate } from '@docusaurus/Translate';
import type { State } from '@tcblab/tcp/trace';
import { chanceOf, draw, shuffled } from './chance.ts';
import type { Moment } from './moment.ts';

export interface StatePuzzle {
  readonly shown: readonly Moment[];
  readonly side: 0 | 1;
  readonly right: State;
  readonly choices: readonly State[];
}

const STATES = [
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
] as const;

/** @returns null for a run that tells no state */
export function makeState(moments: readonly Moment[], seed: number): StatePuzzle | null {
  const chance = chanceOf(seed);
  // A state that has just changed is worth asking about.
  const places = moments.flatMap(({ states, whole }, index) =>
    ([0, 1] as const).flatMap((side) => {
      const state = states[side];
      const known = STATES.find((each) => each === state);
      return !whole || known === undefined || state === moments[index - 1]?.states[side]
        ? []
        : [{ index, side, right: known }];
    }),
  );
  if (places.length === 0) return null;
  const { index, side, right } = places[draw(chance, places.length)];
  const others = shuffled(
    STATES.filter((state) => state !== right),
    chance,
  ).slice(0, 3);
  const choices = STATES.filter((state) => state === right || others.some((other) => other === state));
  return { shown: moments.slice(Math.max(0, index - 7), index + 1), side, right, choices };
}

/** What must have happened for an end to be in that state. */
export function whatLeadsTo(state: State): string {
  switch (state) {
    case 'SYN-SENT':
      return translate({
        id: 'puzzle.state.syn-sent',
        message: 'In SYN-SENT an end has sent its SYN, and got none.',
      });
    case 'SYN-RECEIVED':
      return translate({
        id: 'puzzle.state.syn-received',
        message: 'In SYN-RECEIVED an end has got a SYN and sent its own, which is not acknowledged yet.',
      });
    case 'ESTABLISHED':
      return translate({
        id: 'puzzle.state.established',
        message: 'In ESTABLISHED both SYNs are acknowledged, and no FIN has been sent or received.',
      });
    case 'FIN-WAIT-1':
      return translate({
        id: 'puzzle.state.fin-wait-1',
        message:
          'In FIN-WAIT-1 an end has said CLOSE first; its FIN is not acknowledged, and the other’s has not come.',
      });
    case 'FIN-WAIT-2':
      return translate({
        id: 'puzzle.state.fin-wait-2',
        message: 'In FIN-WAIT-2 an end’s own FIN is acknowledged, and the other’s has not come.',
      });
    case 'CLOSE-WAIT':
      return translate({
        id: 'puzzle.state.close-wait',
        message: 'In CLOSE-WAIT an end has got a FIN and not sent its own.',
      });
    case 'CLOSING':
      return translate({
        id: 'puzzle.state.closing',
        message:
          'In CLOSING an end has sent a FIN and got one that did not acknowledge its own: both closed at once.',
      });
    case 'LAST-ACK':
      return translate({
        id: 'puzzle.state.last-ack',
        message: 'In LAST-ACK an end that got a FIN first has sent its own, which is not acknowledged yet.',
      });
    case 'TIME-WAIT':
      return translate({
        id: 'puzzle.state.time-wait',
        message: 'In TIME-WAIT an end has got the other’s FIN, and its own is acknowledged.',
      });
    default:
      return translate({
        id: 'puzzle.state.none',
        message: 'Without a connection nothing is sent and nothing expected.',
      });
  }
}
