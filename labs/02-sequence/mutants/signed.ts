/** Lets `|` make signed numbers. */
export const part = 'sequence';
export const mistake = 'gives signed sequence numbers';
export const clause = '9293 3.4';

export function add(from: number, octets: number): number {
  return (from + octets) | 0;
}
