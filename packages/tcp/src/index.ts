export { MisuseError } from './misuse-error.ts';
export type { Micros, Octets, Seq } from './units.ts';
