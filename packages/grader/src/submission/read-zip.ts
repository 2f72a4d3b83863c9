/** Reads an archive from a stranger: nothing is written, nothing is inflated beyond what it says, and names stay inside. */
import { crc32, inflateRawSync } from 'node:zlib';
import type { Octets } from '@tcblab/tcp';
import type { TakenFile } from './allowed.ts';

/** Why an archive is not read, in one sentence. */
export class BadZip extends Error {
  override readonly name = 'BadZip';
}

export interface ZipLimits {
  readonly entries: number;
  /** Of one file, unpacked. */
  readonly file: Octets;
  /** Of all files, unpacked. */
  readonly total: Octets;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
/** In the upper half of the external attributes: what Unix calls the file's type. */
const TYPE_MASK = 0xf000;
const SYMBOLIC_LINK = 0xa000;
const REGULAR = 0x8000;
const FOLDER = 0x4000;

/**
 * @param wanted whether a file is to be unpacked
 * @throws BadZip for an archive that is broken, or made to harm
 */
export function readZip(bytes: Buffer, limits: ZipLimits, wanted: (path: string) => boolean): TakenFile[] {
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  if (count > limits.entries)
    throw new BadZip(`it holds ${count} entries; at most ${limits.entries} are read`);
  const files = new Map<string, TakenFile>();
  let total = 0;
  let packed = 0;
  for (let at = bytes.readUInt32LE(end + 16), i = 0; i < count; i++) {
    const entry = readEntry(bytes, at);
    at = entry.next;
    if (entry.path.endsWith('/')) continue;
    total += entry.size;
    packed += entry.packed;
    if (entry.size > limits.file || total > limits.total)
      throw new BadZip(`it says that it unpacks to more than ${limits.total >> 20} MiB`);
    // Entries that share their octets are how a small archive becomes a large one.
    if (packed > bytes.length) throw new BadZip('its entries overlap');
    if (files.has(entry.path)) throw new BadZip(`it holds ${entry.path} twice`);
    if (wanted(entry.path)) files.set(entry.path, { path: entry.path, bytes: unpack(bytes, entry) });
  }
  return [...files.values()];
}

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: Octets;
  readonly size: Octets;
  readonly local: number;
  readonly next: number;
}

function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_LENGTH - LONGEST_COMMENT);
  for (let at = bytes.length - END_LENGTH; at >= first; at--) {
    if (bytes.readUInt32LE(at) === END) return at;
  }
  throw new BadZip('it is no zip archive, or only its beginning');
}

function readEntry(bytes: Buffer, at: number): Entry {
  if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL)
    throw new BadZip('its list of files is broken');
  const flags = bytes.readUInt16LE(at + 8);
  const nameLength = bytes.readUInt16LE(at + 28);
  const next = at + 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  const path = safePath(bytes.subarray(at + 46, at + 46 + nameLength));
  const type = (bytes.readUInt32LE(at + 38) >>> 16) & TYPE_MASK;
  if (type === SYMBOLIC_LINK) throw new BadZip(`${path} is a symbolic link`);
  if (type !== 0 && type !== REGULAR && type !== FOLDER) throw new BadZip(`${path} is no ordinary file`);
  if ((flags & ENCRYPTED) !== 0) throw new BadZip(`${path} is encrypted`);
  return {
    path,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    local: bytes.readUInt32LE(at + 42),
    next,
  };
}

function safePath(name: Buffer): string {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    throw new BadZip('a name in it is no UTF-8');
  }
  const parts = path.replace(/\/$/, '').split('/');
  const isOutside = parts.some((part) => part === '' || part === '.' || part === '..');
  if (isOutside || /[\\:\u0000-\u001f]/.test(path))
    throw new BadZip(`it holds a path that leads elsewhere: ${JSON.stringify(path)}`);
  return path;
}

function unpack(bytes: Buffer, { path, method, crc, packed, size, local }: Entry): Buffer {
  if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== LOCAL)
    throw new BadZip(`${path} is not where it says`);
  const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  if (from + packed > bytes.length) throw new BadZip(`${path} is cut off`);
  const octets = inflated(bytes.subarray(from, from + packed), method, size, path);
  if (octets.length !== size || crc32(octets) !== crc) throw new BadZip(`${path} is damaged`);
  return octets;
}

function inflated(octets: Buffer, method: number, size: Octets, path: string): Buffer {
  if (method === STORED) return octets;
  if (method !== DEFLATED) throw new BadZip(`${path} is packed in a way that is not read here (${method})`);
  try {
    return inflateRawSync(octets, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new BadZip(`${path} is damaged, or larger than it says`);
  }
}
