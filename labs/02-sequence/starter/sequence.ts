/** Sequence numbers: integers from 0 to 2^32 - 1 that go round. @rfc 9293 3.4 */

/** `from` moved on by `octets`, which may be negative. */
export function add(from: number, octets: number): number {
  // TODO
  throw new Error('add is not written yet');
}

/** How far `to` lies ahead of `from`: -2^31 to 2^31 - 1, negative when it lies behind. */
export function distance(from: number, to: number): number {
  // TODO
  throw new Error('distance is not written yet');
}

/** Whether `a` comes before `b`. */
export function less(a: number, b: number): boolean {
  // TODO
  throw new Error('less is not written yet');
}

/** Whether `a` comes before `b` or is `b`. */
export function lessOrEqual(a: number, b: number): boolean {
  // TODO
  throw new Error('lessOrEqual is not written yet');
}

/** Whether left =< `value` < left + size; size is 0 to 2^31 - 1. */
export function inWindow(value: number, left: number, size: number): boolean {
  // TODO
  throw new Error('inWindow is not written yet');
}
