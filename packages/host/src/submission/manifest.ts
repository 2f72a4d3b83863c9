/** `tcblab.json`: what a student's folder says of itself. */
import { LAB_FUNCTIONS } from '@tcblab/tcp/lab';

export const MANIFEST = 'tcblab.json';
/** Of this file's form. */
export const MANIFEST_VERSION = 1;

export type Owner = 'mine' | 'reference';
/** A file of the labs that holds functions, without its `.ts`. */
export type PartName = keyof typeof LAB_FUNCTIONS;
export type PartOwners = { readonly [Part in PartName]?: Readonly<Record<string, Owner>> };

export interface Manifest {
  /** The lab that was started last, such as `03-handshake`. */
  readonly lab: string;
  /** `typescript`, or what `command` is written in. */
  readonly language: string;
  /** Version of the kit that the folder was made with. */
  readonly kit: string;
  /** Of each function whose it is; what is not named is the reference's. */
  readonly parts: PartOwners;
  /** Starts a program that speaks the child protocol, in place of `parts`; null for TypeScript. */
  readonly command: readonly string[] | null;
}

export type ParsedManifest =
  | { readonly ok: true; readonly value: Manifest }
  /** In sentences, each naming the member. */
  | { readonly ok: false; readonly faults: readonly string[] };

export const PART_NAMES = Object.keys(LAB_FUNCTIONS) as readonly PartName[];

/** Read a manifest, and say of everything that is wrong with it what it should be. */
export function parseManifest(text: string): ParsedManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      faults: [`it is no JSON: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  if (!isRecord(json)) return { ok: false, faults: ['it is to be one JSON object'] };
  const faults: string[] = [];
  const named = (name: string): string => {
    const value = json[name];
    if (typeof value === 'string' && value !== '') return value;
    faults.push(`"${name}" is to be a text`);
    return '';
  };
  if (json['version'] !== MANIFEST_VERSION) faults.push(`"version" is to be ${MANIFEST_VERSION}`);
  const value: Manifest = {
    lab: named('lab'),
    language: named('language'),
    kit: named('kit'),
    parts: parseParts(json['parts'] ?? {}, faults),
    command: parseCommand(json['command'], faults),
  };
  if (value.language !== 'typescript' && value.language !== '' && value.command === null)
    faults.push(`"command" is to start your program, such as ["python3", "tcp.py"]`);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}

/** As it is written into a folder. */
export function writeManifest({ lab, language, kit, parts, command }: Manifest): string {
  const body = {
    version: MANIFEST_VERSION,
    lab,
    language,
    kit,
    ...(command === null ? { parts } : { command }),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

function parseParts(json: unknown, faults: string[]): PartOwners {
  const parts: Partial<Record<PartName, Record<string, Owner>>> = {};
  if (!isRecord(json)) {
    faults.push('"parts" is to be an object');
    return parts;
  }
  for (const [name, owners] of Object.entries(json)) {
    const part = PART_NAMES.find((one) => one === name);
    if (part === undefined) {
      faults.push(`"parts" has no "${name}": it has ${PART_NAMES.join(', ')}`);
      continue;
    }
    const functions = LAB_FUNCTIONS[part];
    if (owners === 'mine' || owners === 'reference') {
      parts[part] = Object.fromEntries(functions.map((one) => [one, owners]));
      continue;
    }
    if (!isRecord(owners)) {
      faults.push(`"parts.${name}" is to be "mine", "reference", or one of them for each function`);
      continue;
    }
    const named: Record<string, Owner> = {};
    for (const [one, owner] of Object.entries(owners)) {
      if (!functions.includes(one))
        faults.push(`"parts.${name}" has no "${one}": it has ${functions.join(', ')}`);
      else if (owner !== 'mine' && owner !== 'reference')
        faults.push(`"parts.${name}.${one}" is to be "mine" or "reference"`);
      else named[one] = owner;
    }
    parts[part] = named;
  }
  return parts;
}

function parseCommand(json: unknown, faults: string[]): readonly string[] | null {
  if (json === undefined) return null;
  if (
    Array.isArray(json) &&
    json.length > 0 &&
    json.every((word): word is string => typeof word === 'string')
  )
    return json;
  faults.push('"command" is to be a list of words');
  return null;
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
