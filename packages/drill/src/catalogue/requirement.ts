/** Every requirement that a check may name: RFC 9293's labels, the clauses of its §3.10, and those of the other RFCs. */
import { nearest } from '../nearest.ts';
import others from './other-rfc-requirements.json' with { type: 'json' };
import procedure from './rfc9293-procedure.json' with { type: 'json' };
import labelled from './rfc9293-requirements.json' with { type: 'json' };

export interface Requirement {
  /** Such as `MUST-13`, `9293-3.10.7.4-8fin-estab` or `RFC6298-2.2`. */
  readonly id: string;
  readonly rfc: number;
  readonly section: string;
  /** `MUST`, `SHOULD NOT` …; `PROCEDURE` for a step of §3.10, which has no label of its own. */
  readonly level: string;
  /** In our words. */
  readonly text: string;
}

export const requirements: readonly Requirement[] = [
  ...labelled.map(({ id, section, level, requirement }) => ({
    id,
    rfc: 9293,
    section,
    level,
    text: requirement,
  })),
  ...procedure.map(({ id, section, requirement }) => ({
    id,
    rfc: 9293,
    section,
    level: 'PROCEDURE',
    text: requirement,
  })),
  ...others.map(({ id, rfc, section, level, requirement }) => ({
    id,
    rfc,
    section,
    level,
    text: requirement,
  })),
];

/** A step of RFC 9293 §3.10: what one event asks for in some states. */
export interface Clause {
  readonly id: string;
  readonly section: string;
  /** Names of states, or `any`. */
  readonly states: readonly string[];
  readonly event: string;
  /** In our words. */
  readonly requirement: string;
  /** What is sent, in the RFC's notation. */
  readonly reply?: string;
  readonly nextState?: string;
}

/** In the RFC's order. */
export const clauses: readonly Clause[] = procedure;

const byId = new Map(requirements.map((requirement) => [requirement.id, requirement]));

export function findRequirement(id: string): Requirement | null {
  return byId.get(id) ?? null;
}

/** The id that someone who wrote `id` may have meant; null when nothing is like it. */
export function nearestRequirement(id: string): string | null {
  return nearest(id, [...byId.keys()]);
}
