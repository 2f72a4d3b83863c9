/** Puzzle: all that was sent is shown; which is the first segment that never arrived? */
import { translate } from '@docusaurus/Translate';
import { chanceOf, draw } from './chance.ts';
import { endOf, type Moment } from './moment.ts';

export interface LostPuzzle {
  readonly shown: readonly Moment[];
  /** Place in `shown`. */
  readonly right: number;
}

/** Segments shown before the lost one, at most. */
const BEFORE = 3;
/** Segments shown in all, at most. */
const MOST = 30;

/** @returns null for a run in which nothing was lost whose loss can be told */
export function makeLost(moments: readonly Moment[], seed: number): LostPuzzle | null {
  const chance = chanceOf(seed);
  // What takes no number is missed by nobody, so that nobody can tell.
  const places = moments.flatMap((moment, index) => {
    const before = moments.slice(Math.max(0, index - BEFORE), index);
    const alone = !before.some(({ lost }) => lost);
    return moment.lost && alone && endOf(moment) > moment.seq ? [index] : [];
  });
  if (places.length === 0) return null;
  const at = places[draw(chance, places.length)];
  const from = Math.max(0, at - 1 - draw(chance, BEFORE));
  const again = moments.findIndex(
    ({ from: sender, seq }, index) => index > at && sender === moments[at].from && seq === moments[at].seq,
  );
  const to = again < 0 ? moments.length : again + 1;
  return { shown: moments.slice(from, Math.min(to, from + MOST)), right: at - from };
}

/** @returns null when `given` is right */
export function whyNotLost({ shown, right }: LostPuzzle, given: number): string | null {
  if (given === right) return null;
  const one = shown[given];
  if (one.lost && given > right)
    return translate({
      id: 'puzzle.lost.later',
      message: 'That one was lost, too, but it was not the first.',
    });
  if (endOf(one) === one.seq)
    return translate({
      id: 'puzzle.lost.bare',
      message: 'That one takes no number. Were it lost, the next acknowledgement would make up for it.',
    });
  const acked = shown.some((moment) => moment.from !== one.from && !moment.lost && moment.ack >= endOf(one));
  if (acked)
    return translate({
      id: 'puzzle.lost.acked',
      message: 'That one arrived: a later ack covers all that it took.',
    });
  if (one.from === shown[right].from && one.seq === shown[right].seq)
    return translate({
      id: 'puzzle.lost.again',
      message: 'That is the second copy, sent because the first was lost.',
    });
  return translate({
    id: 'puzzle.lost.hole',
    message: 'Look for the number that the acknowledgements repeat: it is where the hole begins.',
  });
}
