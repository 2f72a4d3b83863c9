/** What a lab asks: its tasks, what stands in for what, and in which order and track. Read from `labs/labs.json`. */
import { LAB_FUNCTIONS } from '@tcblab/tcp/lab';
import { JsonReader } from './json-reader.ts';

export type PartName = keyof typeof LAB_FUNCTIONS;
/** Some functions of some parts. */
export type Functions = { readonly [Part in PartName]?: readonly string[] };

export interface Lab {
  /** Such as `03-handshake`: its folder in `labs`, and its page on the site. */
  readonly id: string;
  /** The first two digits of the id. */
  readonly number: string;
  readonly title: string;
  readonly hours: number;
  /** Ids of the labs that must come before it, in a track that holds them. */
  readonly after: readonly string[];
  /** What the student writes in place of the reference's. */
  readonly replaces: Functions;
  /** What it shows, and the claims that it refutes: ids such as `S3` and `M6`. */
  readonly shows: readonly string[];
  /** For the tasks, with every neighbour the reference's. */
  readonly isolatedPoints: number;
  /** For the same with everything the student's own, and a transfer from end to end. */
  readonly togetherPoints: number;
  readonly tasks: readonly Task[];
  /** Names of mutants that its cases must notice. */
  readonly mutants: readonly string[];
}

export interface Task {
  /** Unique in its lab, such as `active-open`. */
  readonly id: string;
  readonly title: string;
  /** Of the lab's isolated points, shared by its cases alike. */
  readonly points: number;
  /** Tasks of this lab that it makes no sense without: when the first case of one fails, this one is blocked. */
  readonly after: readonly string[];
  readonly cases: readonly LabCase[];
}

/** One thing that is tried. The paths are below `labs`. */
export type LabCase =
  | { readonly kind: 'script'; readonly path: string }
  | { readonly kind: 'vectors'; readonly path: string }
  | {
      readonly kind: 'transfer';
      readonly path: string;
      readonly loss: number;
      readonly duplicate: number;
      readonly reorder: number;
      readonly seed: number;
    }
  /** Files of the student's that are no code: answers, captures. Which they are, the lab's own judge knows. */
  | { readonly kind: 'answers'; readonly path: string };

export interface Labs {
  readonly labs: readonly Lab[];
  /** Ids of labs by the track's name, in order. */
  readonly tracks: Readonly<Record<string, readonly string[]>>;
  /** The page that explains a system or refutes a claim, by its id. */
  readonly pages: Readonly<Record<string, string>>;
}

export type ParsedLabs =
  | { readonly ok: true; readonly value: Labs }
  | { readonly ok: false; readonly faults: readonly string[] };

const CASE_KINDS = ['script', 'vectors', 'transfer', 'answers'] as const;

/** Read `labs.json` and say of everything that is wrong with it where, and what it should be. */
export function parseLabs(text: string): ParsedLabs {
  const reader = JsonReader.parse(text);
  const { faults } = reader;
  if (reader.number('version') !== 1) reader.fault('"version" is to be 1');
  const labs = reader.list('labs').map(readLab);
  const ids = labs.map(({ id }) => id);
  const tracks = Object.fromEntries(
    reader
      .object('tracks')
      .members()
      .map((name) => [name, reader.object('tracks').texts(name)]),
  );
  const pages = Object.fromEntries(
    reader
      .object('pages')
      .members()
      .map((id) => [id, reader.object('pages').text(id)]),
  );
  if (new Set(ids).size < ids.length) faults.push('labs: two have the same id');
  for (const [name, track] of Object.entries(tracks)) {
    for (const id of track) if (!ids.includes(id)) faults.push(`tracks.${name}: there is no lab ${id}`);
  }
  for (const { id, after, shows, tasks, isolatedPoints } of labs) {
    for (const other of after) if (!ids.includes(other)) faults.push(`${id}: there is no lab ${other}`);
    for (const shown of shows)
      if (pages[shown] === undefined) faults.push(`pages: none for ${shown}, which ${id} shows`);
    const sum = tasks.reduce((total, { points }) => total + points, 0);
    if (sum !== isolatedPoints) faults.push(`${id}: its tasks have ${sum} points, not ${isolatedPoints}`);
    const names = tasks.map((task) => task.id);
    if (new Set(names).size < names.length) faults.push(`${id}: two tasks have the same id`);
    for (const task of tasks) {
      for (const other of task.after) {
        if (!names.includes(other)) faults.push(`${id}: ${task.id} is after ${other}, which is no task`);
      }
    }
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: { labs, tracks, pages } };
}

function readLab(reader: JsonReader): Lab {
  const id = reader.text('id');
  if (!/^\d\d-[a-z-]+$/.test(id)) reader.fault('"id" is to be two digits and a name, such as 03-handshake');
  const points = reader.object('points');
  return {
    id,
    number: id.slice(0, 2),
    title: reader.text('title'),
    hours: reader.number('hours'),
    after: reader.texts('after'),
    replaces: readFunctions(reader.object('replaces')),
    shows: reader.texts('shows'),
    isolatedPoints: points.number('isolated'),
    togetherPoints: points.number('together'),
    tasks: reader.list('tasks').map(readTask),
    mutants: reader.texts('mutants'),
  };
}

function readFunctions(reader: JsonReader): Functions {
  const functions: Partial<Record<PartName, readonly string[]>> = {};
  for (const part of reader.members()) {
    if (!Object.hasOwn(LAB_FUNCTIONS, part)) {
      reader.fault(`there is no part ${part}`);
      continue;
    }
    const known = LAB_FUNCTIONS[part as PartName];
    const names = reader.texts(part);
    for (const name of names) if (!known.includes(name)) reader.fault(`${part} has no function ${name}`);
    functions[part as PartName] = names;
  }
  return functions;
}

function readTask(reader: JsonReader): Task {
  const cases = reader.list('cases').map(readCase);
  if (cases.length === 0) reader.fault('"cases" is to hold one at least');
  return {
    id: reader.text('id'),
    title: reader.text('title'),
    points: reader.number('points'),
    after: reader.texts('after'),
    cases,
  };
}

function readCase(reader: JsonReader): LabCase {
  const [kind] = CASE_KINDS.filter((one) => reader.has(one));
  if (kind === undefined) {
    reader.fault(`it is to be one of ${CASE_KINDS.join(', ')}`);
    return { kind: 'script', path: '' };
  }
  const path = reader.text(kind);
  if (kind !== 'transfer') return { kind, path };
  const share = (name: string): number => (reader.has(name) ? reader.number(name) : 0);
  return {
    kind,
    path,
    loss: share('loss'),
    duplicate: share('duplicate'),
    reorder: share('reorder'),
    seed: reader.number('seed'),
  };
}

/** Names a case within its lab: its path, and for a transfer its seed. */
export function caseId(one: LabCase): string {
  return one.kind === 'transfer' ? `${one.path}#${one.seed}` : one.path;
}

/** The lab that a student means by `03`, `3` or `03-handshake`; null = none. */
export function findLab({ labs }: Labs, name: string): Lab | null {
  return labs.find(({ id, number }) => id === name || number === name.padStart(2, '0')) ?? null;
}
