/** What the sources claim to implement: the `@rfc` tags of their documentation. */
import { requirements, type Requirement } from '../../packages/drill/src/catalogue/requirement.ts';
import { textFiles } from '../suite/text-files.ts';

/** One thing that a tag names: a whole id of the catalogue, or a section of an RFC. */
export interface Claim {
  readonly rfc: number;
  /** A section, with the step of §3.10.7.4 as a digit where one is named: `3.10.7.4-5`; or the rest of an id. */
  readonly key: string;
}

export interface Claimant {
  /** From the root. */
  readonly path: string;
  readonly line: number;
  /** Such as `checkAck`, `Connection.close` or `Settings.msl`. */
  readonly name: string;
  readonly claims: readonly Claim[];
}

/** Sources whose tags count: not the contracts of the parts, whose implementations stand elsewhere. */
const SOURCES = /^packages\/tcp\/src\/(?!lab\/)(?!.*\.(test|fixture)\.ts$).*\.ts$/;
const CONTRACTS = 'packages/tcp/src/tcb/parts.ts';
const STEPS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];
const DOC = /\/\*\*(?:(?!\*\/)[^])*@rfc(?:(?!\*\/)[^])*\*\/[^\S\n]*\n/g;

/** Every documented declaration with a tag, in the order of paths and lines. */
export function readClaimants(): Claimant[] {
  const files = [...textFiles((path) => SOURCES.test(path) && path !== CONTRACTS)];
  return files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, text }) =>
      [...text.matchAll(DOC)].flatMap(({ 0: doc, index }) => {
        const end = index + doc.length;
        const name = declared(text, end);
        if (name === null) return [];
        const line = text.slice(0, end).split('\n').length;
        return [{ path, line, name, claims: readTags(doc) }];
      }),
    );
}

/** What is declared at `from`; null for the documentation of a whole file. */
function declared(text: string, from: number): string | null {
  const line = text.slice(from, text.indexOf('\n', from));
  const top =
    /^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;
  const found = top.exec(line)?.[1];
  if (found !== undefined) return found;
  const member = /^\s+(?:static |readonly |override |get |set |async |\*)*(#?\w+)\s*[(<:=?;]/.exec(line)?.[1];
  if (member === undefined) return null;
  const owners = text.slice(0, from).matchAll(/^(?:export )?(?:const|class|interface|type) (\w+)/gm);
  return `${[...owners].at(-1)?.[1]}.${member}`;
}

/** @returns what the tags of one piece of documentation name */
export function readTags(doc: string): Claim[] {
  const claims: Claim[] = [];
  for (const [, tag] of doc.matchAll(/@rfc ([^\n*]*)/g)) {
    let rfc = 0;
    let counting = false;
    let through = false;
    for (const word of tag.split(/[\s,;:()]+/)) {
      const last = claims.at(-1);
      if (/^(steps?|figure|group)$/.test(word)) counting = true;
      else if (counting && /^(\d\d?|and)$/.test(word)) continue;
      else if (word === 'to') through = true;
      else if (/^\d{3,5}$/.test(word)) rfc = Number(word);
      else if (STEPS.includes(word) && last !== undefined) {
        claims[claims.length - 1] = { rfc, key: `${last.key}-${STEPS.indexOf(word) + 1}` };
      } else if (/^((MUST|SHLD|MAY|REC)-\d+|(\d+|[A-Z])(\.\d+)*[a-z]?(-[\w.-]+)?)$/.test(word)) {
        if (through && last !== undefined) claims.push(...between(last, word));
        claims.push({ rfc, key: word });
        counting = false;
        through = false;
      }
    }
  }
  return claims;
}

/** `MUST-20 to MUST-23` names four. */
function between({ rfc, key }: Claim, to: string): Claim[] {
  const [stem] = /^.*?(?=\d+$)/.exec(key) ?? [''];
  const first = Number(key.slice(stem.length)) + 1;
  const beyond = Number(to.slice(stem.length));
  return Array.from({ length: Math.max(0, beyond - first) }, (_, i) => ({ rfc, key: `${stem}${first + i}` }));
}

/** The part of an id that a tag writes after the RFC's number. */
function keyOf({ id, rfc }: Requirement): string {
  return id.startsWith(`RFC${rfc}-`) ? id.slice(`RFC${rfc}-`.length) : id.replace(/^9293-/, '');
}

/** Who implements a requirement: who names it; or, where nobody does, who names its section most closely. */
export function implementers(one: Requirement, claimants: readonly Claimant[]): Claimant[] {
  const key = keyOf(one);
  // `3.10.7.4-5` covers `3.10.7.4-5ack-new`, and `3.2` covers `3.2-s2`; but no section covers those below it.
  const covers = (claimed: string) =>
    claimed === key ||
    (!/^[A-Z]+-/.test(key) && key.startsWith(/-\d$/.test(claimed) ? claimed : `${claimed}-`));
  const closeness = ({ claims }: Claimant) =>
    Math.max(
      0,
      ...claims.map((claim) => (claim.rfc === one.rfc && covers(claim.key) ? claim.key.length : 0)),
    );
  const closest = Math.max(0, ...claimants.map(closeness));
  if (closest === 0) return [];
  const isData = ({ name }: Claimant) => /^[A-Z_]+$|^[A-Z]\w*Variables\.|^[A-Z]\w*$/.test(name);
  return claimants
    .filter((claimant) => closeness(claimant) === closest)
    .toSorted((a, b) => Number(isData(a)) - Number(isData(b)));
}

/** Labels in tags that the catalogue does not have. */
export function unknownLabels(claimants: readonly Claimant[]): string[] {
  const known = new Set(requirements.map(keyOf));
  return claimants.flatMap(({ path, line, claims }) =>
    claims.flatMap(({ key }) =>
      /^[A-Z]+-\d+$/.test(key) && !known.has(key) ? [`${path}:${line}: the catalogue has no ${key}`] : [],
    ),
  );
}
