/** Puts octets that arrive in any order back in order, and keeps them until the application reads them. */
import type { Reassembler } from 'tcblab';

/** A new reassembler, for one connection. What each member does stands beside its type. */
export function create(): Reassembler {
  // TODO: return { get available() { … }, get ranges() { … }, insert(…) { … }, read(…) { … }, clear() { … } }
  throw new Error('create is not written yet');
}
