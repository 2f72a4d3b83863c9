/** Lab 02: arithmetic of sequence numbers, modulo 2^32. @rfc 9293 3.4 */

export function add(from: number, octets: number): number {
  return (from + octets) >>> 0;
}

export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export function less(a: number, b: number): boolean {
  return distance(a, b) > 0;
}

export function lessOrEqual(a: number, b: number): boolean {
  return a === b || less(a, b);
}

export function inWindow(value: number, left: number, size: number): boolean {
  // Unsigned, so that one comparison covers both edges.
  return (value - left) >>> 0 < size;
}
