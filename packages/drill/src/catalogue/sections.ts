/** Which sections an RFC has, as far as we know. */
import { nearest } from '../nearest.ts';

/** The sections of RFC 9293 that say what TCP does: all of its §3. */
const RFC_9293 = `
  3 3.1 3.2 3.2.1 3.2.2 3.3 3.3.1 3.3.2 3.4 3.4.1 3.4.2 3.4.3 3.5 3.5.1 3.5.2 3.5.3 3.6
  3.6.1 3.7 3.7.1 3.7.2 3.7.3 3.7.4 3.7.5 3.8 3.8.1 3.8.2 3.8.3 3.8.4 3.8.5 3.8.6 3.8.6.1
  3.8.6.2 3.8.6.2.1 3.8.6.2.2 3.8.6.3 3.9 3.9.1 3.9.1.1 3.9.1.2 3.9.1.3 3.9.1.4 3.9.1.5
  3.9.1.6 3.9.1.7 3.9.1.8 3.9.1.9 3.9.2 3.9.2.1 3.9.2.2 3.9.2.3 3.10 3.10.1 3.10.2 3.10.3
  3.10.4 3.10.5 3.10.6 3.10.7 3.10.7.1 3.10.7.2 3.10.7.3 3.10.7.4 3.10.8`
  .trim()
  .split(/\s+/);

/**
 * Whether a scenario may name a section.
 *
 * @returns null when it may; else the section that was probably meant, empty when none is like it. Of other RFCs than
 *   9293 only the form is known.
 */
export function missingSection(rfc: number, section: string): string | null {
  if (rfc !== 9293) return /^(\d+|[A-Z])(\.\d+)*$/.test(section) ? null : '';
  if (RFC_9293.includes(section)) return null;
  for (let above = section; above.includes('.');) {
    above = above.slice(0, above.lastIndexOf('.'));
    if (above !== '3' && RFC_9293.includes(above)) return above;
  }
  return nearest(section, RFC_9293) ?? '';
}
