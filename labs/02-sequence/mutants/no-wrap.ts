/** Forgets that there are 32 bits only. */
export const part = 'sequence';
export const mistake = 'adds without going round';
export const clause = '9293 3.4';

export function add(from: number, octets: number): number {
  return from + octets;
}
