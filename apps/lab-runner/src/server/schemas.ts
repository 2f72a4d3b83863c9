/** What the API takes and gives, as JSON Schema: the same objects check requests and make the OpenAPI document. */
import { BENCHES } from '../run/request.ts';

export type Schema = Readonly<Record<string, unknown>>;

const share = { type: 'number', minimum: 0, maximum: 1 };

/** @param scenarios names that there are; @param systems names of TCPs that an end may have */
export function runRequestSchema(scenarios: readonly string[], systems: readonly string[]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['scenario'],
    properties: {
      scenario: { type: 'string', enum: scenarios },
      bench: { type: 'string', enum: [...BENCHES], default: 'netns' },
      a: { type: 'string', enum: systems, default: 'reference', description: "host A's TCP" },
      b: { type: 'string', enum: systems, default: 'reference', description: "host B's TCP" },
      ipv6: { type: 'boolean', default: false },
      loss: { ...share, description: 'share of the frames that are lost, each way' },
      duplicate: share,
      reorder: share,
      corrupt: share,
      delay: { type: 'integer', minimum: 0, maximum: 60_000_000, description: 'each way, in µs' },
      seed: { type: 'integer', minimum: 0, maximum: 0xffff_ffff },
    },
  };
}

/** As `runRequestSchema` lets it pass. */
export interface RunBody {
  readonly scenario: string;
  readonly bench?: string;
  readonly a?: string;
  readonly b?: string;
  readonly ipv6?: boolean;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly corrupt?: number;
  readonly delay?: number;
  readonly seed?: number;
}

const step = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string' } },
};

export const runSchema: Schema = {
  type: 'object',
  required: ['id', 'state'],
  properties: {
    id: { type: 'string' },
    state: { type: 'string', enum: ['waiting', 'running', 'finished', 'failed', 'cancelled'] },
    verdict: { type: ['string', 'null'] },
    reason: { type: ['string', 'null'] },
    scenario: { type: 'string' },
    bench: { type: 'string' },
    seed: { type: 'integer' },
    finished: { type: ['string', 'null'], description: 'when, in UTC' },
    octets: { type: 'integer' },
    progress: { type: 'array', items: step, description: 'what the runner has said so far' },
    files: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'size'],
        properties: { name: { type: 'string' }, size: { type: 'integer' }, sha256: { type: 'string' } },
      },
    },
  },
};

export const runListSchema: Schema = {
  type: 'object',
  required: ['runs'],
  properties: { runs: { type: 'array', items: runSchema } },
};

const row = {
  type: ['object', 'null'],
  required: ['text', 'frames', 'time'],
  properties: {
    text: { type: 'string' },
    frames: { type: 'array', items: { type: ['integer', 'null'] } },
    time: { type: 'number' },
  },
};

export const divergenceSchema: Schema = {
  type: 'object',
  required: ['divergence'],
  properties: {
    divergence: {
      type: ['object', 'null'],
      description: 'null when all rows are alike',
      properties: {
        alike: { type: 'integer' },
        before: { type: 'array', items: row },
        rows: { type: 'array', items: row },
      },
    },
  },
};

export const benchListSchema: Schema = {
  type: 'object',
  required: ['benches', 'scenarios', 'systems'],
  properties: {
    benches: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'holders'],
        properties: {
          name: { type: 'string' },
          holders: { type: 'array', items: { type: 'string' }, description: 'runs that are alive on it' },
        },
      },
    },
    scenarios: { type: 'array', items: { type: 'string' } },
    systems: { type: 'array', items: { type: 'string' } },
    role: { type: 'string', description: 'yours' },
  },
};

export const problemSchema: Schema = {
  type: 'object',
  required: ['problem'],
  properties: { problem: { type: 'string' }, next: { type: 'string' } },
};
