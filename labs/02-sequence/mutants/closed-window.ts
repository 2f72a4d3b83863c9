/** Counts the number just behind the right edge as in the window. */
export const part = 'sequence';
export const mistake = 'has a window that is one number too wide';
export const clause = '9293 3.4';

export function inWindow(value: number, left: number, size: number): boolean {
  return (value - left) >>> 0 <= size;
}
