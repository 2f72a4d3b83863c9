/** `bundle.json`: what a run left behind, and how its files belong together. A viewer reads this file first. */
import { MisuseError } from '@tcblab/tcp';
import type { Micros, Octets } from '@tcblab/tcp';
import type { Correlation } from './correlation/correlate.ts';
import type { Sighting } from './correlation/sighting.ts';
import { isObject } from './json.ts';

const FORMAT = 'tcblab-bundle';

/** The version that is written. A reader refuses a later one and says so. */
export const BUNDLE_VERSION = 1;

export interface BundleFile {
  /** Name in the bundle's folder, such as `host-a.pcapng`. */
  readonly name: string;
  readonly kind: 'capture' | 'merged' | 'trace' | 'ladder' | 'result';
  /** Of a capture: number of the host. */
  readonly host?: number;
  readonly size: Octets;
  /** In hexadecimal, lower case. */
  readonly sha256: string;
}

export interface BundleHost {
  /** As in packet ids. */
  readonly number: number;
  readonly name: string;
  /** Such as `reference` or `kernel`. */
  readonly implementation: string;
  /** Address and prefix length, such as `10.77.0.1/24`. */
  readonly address?: string;
  readonly mac?: string;
}

/** What is known of a host's clock beside the first host's. */
export interface BundleClock {
  readonly host: number;
  /** How far it is ahead. */
  readonly offset: Micros;
  /** Give or take this; null when the frames could not tell. */
  readonly error: Micros | null;
}

export interface Bundle {
  readonly format: typeof FORMAT;
  readonly version: typeof BUNDLE_VERSION;
  /** What ran, such as `handshake`. */
  readonly scenario: string;
  readonly bench: string;
  readonly seed: number;
  /** The program that made it. */
  readonly application: string;
  readonly hosts: readonly BundleHost[];
  readonly clocks: readonly BundleClock[];
  readonly files: readonly BundleFile[];
  readonly sightings: readonly Sighting[];
}

export interface BundleInput extends Omit<Bundle, 'format' | 'version' | 'clocks' | 'sightings'> {
  readonly hosts: readonly [BundleHost, BundleHost];
  readonly correlation: Correlation;
}

/**
 * The text of `bundle.json`.
 *
 * @throws MisuseError `bad-bundle` when a digest is no SHA-256, or a name is twice there or no plain file name
 */
export function writeBundle(input: BundleInput): string {
  const { scenario, bench, seed, application, hosts, files, correlation } = input;
  const names = new Set<string>();
  for (const { name, sha256 } of files) {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new MisuseError('bad-bundle', `${name} has no SHA-256 but '${sha256}'`);
    if (!isPlainName(name) || names.has(name))
      throw new MisuseError('bad-bundle', `'${name}' cannot be a file's name`);
    names.add(name);
  }
  const { offset, sightings } = correlation;
  const clocks: BundleClock[] = [
    { host: hosts[0].number, offset: 0, error: 0 },
    {
      host: hosts[1].number,
      offset: Math.round(offset.micros),
      error: Number.isFinite(offset.error) ? Math.ceil(offset.error) : null,
    },
  ];
  const head = {
    format: FORMAT,
    version: BUNDLE_VERSION,
    scenario,
    bench,
    seed,
    application,
    hosts,
    clocks,
    files,
  };
  // A line for each sighting: a large bundle stays readable and small.
  const lines = sightings.map((sighting) => `    ${JSON.stringify(sighting)}`).join(',\n');
  const list = lines === '' ? '[]' : `[\n${lines}\n  ]`;
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "sightings": ${list}\n}\n`;
}

/** Why a text is no bundle. */
export interface BundleFault {
  readonly reason: 'not-a-bundle' | 'newer-version';
  /** A sentence for people. */
  readonly detail: string;
}

/** Read the text of `bundle.json`. */
export function readBundle(text: string): Bundle | BundleFault {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { reason: 'not-a-bundle', detail: 'the bundle is not JSON' };
  }
  if (!isObject(read) || read.format !== FORMAT || typeof read.version !== 'number') {
    return { reason: 'not-a-bundle', detail: `the bundle has no format "${FORMAT}" and version` };
  }
  if (read.version > BUNDLE_VERSION) {
    const known = `this program reads up to version ${BUNDLE_VERSION}: update it`;
    return { reason: 'newer-version', detail: `the bundle is version ${read.version}, and ${known}` };
  }
  const wrong = faultOf(read);
  return wrong === null ? (read as unknown as Bundle) : { reason: 'not-a-bundle', detail: wrong };
}

function faultOf(bundle: Readonly<Record<string, unknown>>): string | null {
  for (const name of ['scenario', 'bench', 'application']) {
    if (typeof bundle[name] !== 'string') return `${name} is not a string`;
  }
  if (typeof bundle.seed !== 'number') return 'seed is not a number';
  const lists: Readonly<Record<string, (each: Readonly<Record<string, unknown>>) => boolean>> = {
    hosts: ({ number, name, implementation }) =>
      typeof number === 'number' && typeof name === 'string' && typeof implementation === 'string',
    clocks: ({ host, offset, error }) =>
      typeof host === 'number' && typeof offset === 'number' && (error === null || typeof error === 'number'),
    // A name with a path in it would lead a viewer out of the folder.
    files: ({ name, kind, size, sha256 }) =>
      isPlainName(name) && typeof kind === 'string' && typeof size === 'number' && typeof sha256 === 'string',
    sightings: ({ from, sent, received, fate }) =>
      typeof from === 'number' && isFrame(sent) && isFrame(received) && typeof fate === 'string',
  };
  for (const [name, fits] of Object.entries(lists)) {
    const list = bundle[name];
    if (!Array.isArray(list)) return `${name} is not a list`;
    const wrong = list.findIndex((each) => !isObject(each) || !fits(each));
    if (wrong >= 0) return `${name}[${wrong}] is not as it should be`;
  }
  return null;
}

function isPlainName(name: unknown): boolean {
  return typeof name === 'string' && /^[\w-][\w.-]*$/.test(name);
}

function isFrame(value: unknown): boolean {
  return value === null || typeof value === 'number';
}
