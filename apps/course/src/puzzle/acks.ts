/** Puzzle: fill in the acknowledgement numbers that are left out. */
import { translate } from '@docusaurus/Translate';
import { chanceOf, draw, shuffled } from './chance.ts';
import { acknowledges, endOf, type Moment } from './moment.ts';

export interface AcksPuzzle {
  readonly shown: readonly Moment[];
  /** Places in `shown` whose ack is left out. */
  readonly blank: ReadonlySet<number>;
}

/** @param blanks how many are left out */
export function makeAcks(moments: readonly Moment[], seed: number, count = 6, blanks = 2): AcksPuzzle {
  const chance = chanceOf(seed);
  const whole = moments.filter(({ lost }) => !lost);
  const from = draw(chance, Math.max(1, whole.length - count + 1));
  const shown = whole.slice(from, from + count);
  const places = shown.flatMap((_moment, index) => (index > 0 && answers(shown, index) ? [index] : []));
  return { shown, blank: new Set(shuffled(places, chance).slice(0, blanks)) };
}

/** Whether what it acknowledges can be known from what stands before it. */
function answers(shown: readonly Moment[], index: number): boolean {
  const moment = shown[index];
  const before = shown.slice(0, index).filter(({ from }) => from !== moment.from);
  return acknowledges(moment) && before.some((other) => endOf(other) === moment.ack);
}

/** @returns null when `given` is right */
export function whyNotAck(shown: readonly Moment[], index: number, given: number): string | null {
  const { ack, from } = shown[index];
  if (given === ack) return null;
  const last = shown.slice(0, index).findLast((moment) => moment.from !== from && endOf(moment) === ack);
  if (last !== undefined && given === last.seq)
    return translate({
      id: 'puzzle.ack.first',
      message:
        'That is the first number of the segment that is acknowledged. It has arrived: which one comes next?',
    });
  if (last !== undefined && given === last.seq + 1)
    return translate({
      id: 'puzzle.ack.plus-one',
      message: 'That is the number plus one. Each octet of data takes a number, too.',
    });
  if (last !== undefined && given === last.seq + last.length)
    return translate({
      id: 'puzzle.ack.flags',
      message: 'The octets are counted. SYN and FIN take a number each, as well.',
    });
  if (given === ack - 1)
    return translate({
      id: 'puzzle.ack.last',
      message: 'That is the last number that has arrived. An ack names the next one, which is expected.',
    });
  return given > ack
    ? translate({ id: 'puzzle.ack.beyond', message: 'Nothing that far has been sent by then.' })
    : translate({ id: 'puzzle.ack.before', message: 'More than that has arrived by then.' });
}
