/** What `run` was asked for, checked before anything is touched. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSystem } from '@tcblab/host/submission';
import type { Micros } from '@tcblab/tcp';
import { nearest } from '../nearest.ts';
import { wrongUse } from '../problem.ts';
import { parseDuration, parseSeed, parseShare } from './amounts.ts';

export const BENCHES = ['virtual', 'netns'] as const;
export type BenchName = (typeof BENCHES)[number];

const IMPLEMENTATIONS = ['reference', 'kernel'] as const;
/** `reference`, `kernel`, or the path of a student's folder. */
export type Implementation = string;

/** What the wire does to frames, in each direction, beside what the scenario asks for. */
export interface Impairments {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly corrupt: number;
  readonly delay: Micros;
}

export interface RunRequest {
  /** A scenario's name, or the path of a scenario file. */
  readonly scenario: string;
  readonly bench: BenchName;
  readonly a: Implementation;
  readonly b: Implementation;
  /** The hosts speak IPv6 with each other. */
  readonly ipv6: boolean;
  readonly impairments: Impairments;
  readonly seed: number;
  /** Folder for the bundle; undefined for a new one in `tcblab-runs`. */
  readonly out: string | undefined;
  readonly json: boolean;
}

/** The options as typed; absent ones take their defaults. */
export interface RunOptions {
  readonly bench?: string;
  readonly a?: string;
  readonly b?: string;
  readonly ipv6?: boolean;
  readonly loss?: string;
  readonly delay?: string;
  readonly duplicate?: string;
  readonly reorder?: string;
  readonly corrupt?: string;
  readonly seed?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** @throws Problem (wrong use) that names the option, what is wrong with it and what to write instead */
export function parseRunRequest(scenario: string, options: RunOptions): RunRequest {
  const request: RunRequest = {
    scenario,
    bench: oneOf('--bench', options.bench ?? 'netns', BENCHES),
    a: implementation('--a', options.a ?? 'reference'),
    b: implementation('--b', options.b ?? 'reference'),
    ipv6: options.ipv6 ?? false,
    impairments: {
      loss: parseShare('--loss', options.loss ?? '0'),
      duplicate: parseShare('--duplicate', options.duplicate ?? '0'),
      reorder: parseShare('--reorder', options.reorder ?? '0'),
      corrupt: parseShare('--corrupt', options.corrupt ?? '0'),
      delay: parseDuration('--delay', options.delay ?? '0'),
    },
    seed: options.seed === undefined ? randomInt(2 ** 32) : parseSeed(options.seed),
    out: options.out,
    json: options.json ?? false,
  };
  if (request.bench === 'virtual' && (request.a === 'kernel' || request.b === 'kernel')) {
    throw wrongUse(
      'The virtual bench has no kernel: both of its hosts live in memory.',
      `Use --bench netns for the kernel's TCP, or --a reference --b reference for the virtual bench.`,
    );
  }
  return request;
}

/** The folder whose parts an end has; null for the reference and the kernel. */
export function folderOf(name: Implementation): string | null {
  return name === 'reference' || name === 'kernel' ? null : resolve(name);
}

function implementation(option: string, name: string): Implementation {
  const found = findSystem(name);
  if (found.ok && found.value.kind === 'program') {
    throw wrongUse(
      `${option} ${name} is a program of its own, and run has TypeScript folders only.`,
      `./tcblab script labs/scripts --sut ${name}`,
    );
  }
  if (found.ok) return name;
  // Without a slash, a word that is nearly one of ours is more likely than a folder.
  if (!name.includes('/') && !existsSync(name)) return oneOf(option, name, IMPLEMENTATIONS);
  throw wrongUse(`${option} ${name}: ${found.fault.what}.`, found.fault.next);
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  const guess = nearest(value, known);
  const list = known.join(' or ');
  throw wrongUse(
    `${option} ${value} is not known: it is ${list}.`,
    guess === undefined ? `Write ${option} ${known[0]}.` : `Did you mean ${option} ${guess}?`,
  );
}
