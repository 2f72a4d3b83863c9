/** One measurement of speed: where its code is, and how its figures are held against a bar. */

export interface Measure {
  readonly what: string;
  readonly figure: string;
  /** What it should reach; empty where there is no bar. */
  readonly bar: string;
  /** null where the figure could not be taken, or has no bar. */
  readonly met: boolean | null;
  /** The figures behind the figure. */
  readonly details?: string;
}

export interface Suite {
  readonly name: string;
  readonly about: string;
  /** A module of the repository, from its root, that runs from source; and the function in it to call. */
  readonly module: string;
  readonly call: string;
  /** Limit of the whole suite, in seconds. */
  readonly limit: number;
  /** @param figures what the function returned, as JSON */
  measures(figures: never): Measure[];
}

/** A figure that must be no larger than the bar, such as a ratio to C. */
export function atMost(what: string, value: number | null, bar: number, unit = ''): Measure {
  return held(what, value, `≤ ${bar}${unit}`, unit, (one) => one <= bar);
}

/** A figure that must reach the bar. */
export function atLeast(what: string, value: number | null, bar: number, unit = ''): Measure {
  return held(what, value, `≥ ${bar}${unit}`, unit, (one) => one >= bar);
}

function held(
  what: string,
  value: number | null,
  bar: string,
  unit: string,
  meets: (value: number) => boolean,
): Measure {
  if (value === null) return { what, figure: 'not measured', bar, met: null };
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return { what, figure: `${value.toFixed(digits)}${unit}`, bar, met: meets(value) };
}
