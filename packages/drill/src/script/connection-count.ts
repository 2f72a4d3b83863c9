/** Counts the lines of a stack's listing, as a script's pipeline would. */
import type { Value } from '../sut/sut.ts';
import type { Meaning } from './shell-command.ts';

/**
 * @param listing [state, local, remote] of each connection and listener
 * @returns the count, and whether it is what the command wants
 */
export function countConnections(
  { state, text, header, wanted, whole }: Extract<Meaning, { kind: 'count' }>,
  listing: readonly Value[],
): { readonly count: number; readonly right: boolean } {
  const lines = listing.filter((line) => {
    const [its, local, remote] = Array.isArray(line) ? (line as readonly Value[]) : [];
    const addresses = `${String(local)} ${String(remote)}`;
    return (state === null || its === state) && (text === null || addresses.includes(text));
  });
  const count = lines.length + header;
  return { count, right: whole ? `${count}` === wanted : `${count}`.includes(wanted) };
}
