/** Puzzle: put shuffled segments into the order in which they left. */
import { translate } from '@docusaurus/Translate';
import { chanceOf, draw, shuffled } from './chance.ts';
import { acknowledges, endOf, wordsOf, type Moment } from './moment.ts';

export interface OrderPuzzle {
  readonly right: readonly Moment[];
  readonly shown: readonly Moment[];
}

/** @param count how many segments to order; fewer where the run has no more */
export function makeOrder(moments: readonly Moment[], seed: number, count = 5): OrderPuzzle {
  const chance = chanceOf(seed);
  const from = draw(chance, Math.max(1, moments.length - count + 1));
  const right = moments.slice(from, from + count);
  let shown = shuffled(right, chance);
  if (isRight(right, shown)) shown = [...shown.slice(1), shown[0]];
  return { right, shown };
}

/** Two that look alike may change places. */
export function isRight(right: readonly Moment[], given: readonly Moment[]): boolean {
  return right.every((moment, index) => looks(moment) === looks(given[index]));
}

const looks = (moment: Moment) => `${moment.from} ${wordsOf(moment)}`;

/** @returns why the first segment that is out of place cannot be, or was not, where it stands; null when all is right */
export function whyNot(right: readonly Moment[], given: readonly Moment[]): string | null {
  const at = right.findIndex((moment, index) => looks(moment) !== looks(given[index]));
  if (at < 0) return null;
  const wrong = given[at];
  const before = given.slice(0, at);
  const label = wordsOf(wrong);
  const sent = furthest(before, wrong.from === 0 ? 1 : 0);
  if (acknowledges(wrong) && wrong.ack > Math.max(sent, baseOf(right, wrong)))
    return translate(
      {
        id: 'puzzle.order.ack',
        message:
          '{label} acknowledges all before {ack}. At this place the other end has not sent so much yet.',
      },
      { label, ack: wrong.ack },
    );
  const gap = right.some(
    (other) =>
      other.from === wrong.from &&
      endOf(other) === wrong.seq &&
      endOf(other) > other.seq &&
      !before.includes(other),
  );
  if (gap)
    return translate(
      {
        id: 'puzzle.order.seq',
        message: '{label} begins at {seq}. What its sender sent just before that is still further down.',
      },
      { label, seq: wrong.seq },
    );
  return translate(
    {
      id: 'puzzle.order.later',
      message: '{label} could stand here, but something else came first. Which segment made it leave?',
    },
    { label },
  );
}

function furthest(moments: readonly Moment[], side: 0 | 1): number {
  return Math.max(-1, ...moments.filter(({ from }) => from === side).map(endOf));
}

/** What had been acknowledged of the other end before the puzzle began. */
function baseOf(right: readonly Moment[], { from }: Moment): number {
  const other = right.filter((moment) => moment.from !== from).map(({ seq }) => seq);
  return Math.min(
    ...other,
    ...right.filter((moment) => moment.from === from && acknowledges(moment)).map(({ ack }) => ack),
  );
}
