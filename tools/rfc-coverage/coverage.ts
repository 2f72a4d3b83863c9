/** Every requirement of the catalogue beside who implements it and what proves it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  findRequirement,
  requirements,
  type Requirement,
} from '../../packages/drill/src/catalogue/requirement.ts';
import { implementers, readClaimants, unknownLabels, type Claimant } from './claims.ts';
import { readProofs, type Proof } from './proofs.ts';

export interface Covered {
  readonly requirement: Requirement;
  readonly implementers: readonly Claimant[];
  readonly proofs: readonly Proof[];
  /** Why it asks nothing of us; null = it does. */
  readonly exempt: string | null;
  /** The feature that it waits for, while it lacks code or proof; null = none. */
  readonly pending: string | null;
}

export interface Coverage {
  readonly covered: readonly Covered[];
  /** What is missing or wrong, one line each. */
  readonly problems: readonly string[];
}

const EXEMPTIONS = 'tools/rfc-coverage/not-applicable.json';
/** Features that are on their way, each with ids or `RFC2018-*`. */
const PENDING = 'tools/rfc-coverage/pending.json';

/** Read it from the sources, scripts and tests. */
export function readCoverage(root: string): Coverage {
  const claimants = readClaimants();
  const { proofs, problems } = readProofs();
  const exempt = new Map(
    Object.entries(JSON.parse(readFileSync(join(root, EXEMPTIONS), 'utf8')) as Record<string, string>),
  );
  const features = Object.entries(
    JSON.parse(readFileSync(join(root, PENDING), 'utf8')) as Record<string, readonly string[]>,
  );
  const covered = requirements.map((requirement): Covered => {
    const { id } = requirement;
    const by = implementers(requirement, claimants);
    const proving = proofs.filter(({ ids }) => ids.includes(id));
    const waits = (name: string) => (name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name);
    const lacking = by.length === 0 || proving.length === 0;
    const pending = lacking ? features.find(([, ids]) => ids.some(waits))?.[0] : undefined;
    return {
      requirement,
      implementers: by,
      proofs: proving,
      exempt: exempt.get(id) ?? null,
      pending: pending ?? null,
    };
  });
  const unknown = [...exempt.keys()].filter((id) => findRequirement(id) === null);
  return {
    covered,
    problems: [
      ...problems,
      ...unknownLabels(claimants),
      ...unknown.map((id) => `${EXEMPTIONS}: the catalogue has no ${id}`),
      ...covered.flatMap(lacks),
    ],
  };
}

function lacks({ requirement, implementers: by, proofs, exempt, pending }: Covered): string[] {
  if (pending !== null) return [];
  const { id, level, text } = requirement;
  const what = `${id} (${level}): ${text}`;
  if (exempt !== null) {
    return proofs.length > 0 ? [`${EXEMPTIONS}: ${id} is proven by ${proofs[0].path}: take it out`] : [];
  }
  const lacking: string[] = [];
  if (by.length === 0) lacking.push('no `@rfc` tag names it');
  if (proofs.length === 0) lacking.push('no script and no test proves it');
  return lacking.length === 0 ? [] : [`${what}\n    ${lacking.join('; ')}`];
}
