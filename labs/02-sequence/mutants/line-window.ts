/** Right edge by plain addition: wrong where the window crosses zero. */
export const part = 'sequence';
export const mistake = 'has no window across zero';
export const clause = '9293 3.4';

export function inWindow(value: number, left: number, size: number): boolean {
  return left <= value && value < left + size;
}
