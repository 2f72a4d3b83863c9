/** A TCP that is broken in one place: what scripts, graders and labs must notice. */
import { referenceParts, type ConnectionPart, type PartialParts, type Parts } from '@tcblab/tcp';
import type { NamedSettings } from '../script/profile.ts';

export interface Mutant {
  /** Kebab-case, such as `takes-any-reset-in-the-window`. */
  readonly name: string;
  /** What is wrong with it; completes "a TCP that …". */
  readonly breaks: string;
  /** Ids of the catalogue that it violates. */
  readonly ids: readonly string[];
  /** What it has in place of the reference's. */
  readonly parts: PartialParts;
  /** Settings that it has whatever it is told; empty for most. */
  readonly settings: NamedSettings;
}

/** A mutant, named after what it breaks. */
export function mutant(
  breaks: string,
  ids: readonly string[],
  parts: PartialParts,
  settings: NamedSettings = {},
): Mutant {
  const name = breaks
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return { name, breaks, ids, parts, settings };
}

/** Some functions of the state machine in place of the reference's. */
export function broken(part: Partial<ConnectionPart>): PartialParts {
  return { connection: part };
}

/** Some functions of another part in place of the reference's. */
export function altered<K extends Exclude<keyof Parts, 'connection'>>(
  name: K,
  part: Partial<Parts[K]>,
): PartialParts {
  return { [name]: { ...referenceParts[name], ...part } };
}

const { codec } = referenceParts;

/** A codec that spoils what it has read. */
export function reading(spoil: (segment: Parameters<typeof codec.parseSegment>[3]) => void): PartialParts {
  return altered('codec', {
    parseSegment(bytes, start, end, into) {
      const bad = codec.parseSegment(bytes, start, end, into);
      spoil(into);
      return bad;
    },
  });
}

/** A codec that spoils what it is about to write. */
export function writing(spoil: (segment: Parameters<typeof codec.writeSegment>[0]) => void): PartialParts {
  return altered('codec', {
    writeSegment(segment, into, start) {
      spoil(segment);
      return codec.writeSegment(segment, into, start);
    },
  });
}
