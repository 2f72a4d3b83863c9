/** Takes the ring for a line. */
export const part = 'sequence';
export const mistake = 'compares sequence numbers as plain numbers';
export const clause = '9293 3.4';

export function less(a: number, b: number): boolean {
  return a < b;
}

export function lessOrEqual(a: number, b: number): boolean {
  return a <= b;
}
