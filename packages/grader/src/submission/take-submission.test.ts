/** Folders and archives from strangers: what counts is taken, and nothing else is opened, followed or unpacked. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { labOf, submission } from '../grade/grading.fixture.ts';
import { discard, fingerprint, takeSubmission, type Taken } from './take-submission.ts';

const lab = labOf('02');

function take(path: string): Taken {
  const taken = takeSubmission(path, lab);
  onTestFinished(() => discard(taken));
  return taken;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-take-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Made {
  readonly name: Buffer | string;
  readonly bytes: Buffer;
  readonly size?: number;
  readonly attributes?: number;
  readonly flags?: number;
  readonly method?: number;
}

/** An archive as anyone can write one. */
function zip(entries: readonly Made[], shared = false): string {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, size = bytes.length, attributes = 0, flags = 0x800, method = 8 } of entries) {
    const path = Buffer.from(name);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, path, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(attributes, 6);
    tail.writeUInt32LE(shared ? 0 : offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.alloc(2), common, tail, path]));
    if (shared && locals.length > 0) continue;
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  const file = join(temporary(), 'handed-in.zip');
  writeFileSync(file, Buffer.concat([...locals, directory, Buffer.from('PK\u0005\u0006'), end]));
  return file;
}

const FOLDER = (): Made[] => {
  const folder = submission('02');
  return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
};

test('a folder and its archive, packed with or without the folder’s name, are the same submission', () => {
  const folder = submission('02');
  const { facts } = take(folder);
  expect(facts.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(take(zip(FOLDER()))).toMatchObject({ ok: true, facts: { digest: facts.digest } });
  const wrapped = FOLDER().map((one) => ({ ...one, name: `ada/${String(one.name)}` }));
  expect(take(zip(wrapped))).toMatchObject({ ok: true, facts: { digest: facts.digest } });
});

test('what tells a tool what to do, links and special files stay behind', () => {
  const folder = submission('02', {
    'package.json': '{}',
    'vitest.config.ts': '',
    'addon.node': 'x',
    '.npmrc': '',
  });
  symlinkSync('/etc/passwd', join(folder, 'answers.json'));
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules', 'a.ts'), '');
  linkSync(join(folder, 'sequence.ts'), join(folder, 'twin.ts'));
  const taken = take(folder);
  // Both names of one file: neither is a file of its own.
  expect(taken.facts.leftOut.toSorted()).toEqual([
    '.npmrc: a tool’s own',
    'addon.node: no source',
    'answers.json: a symbolic link',
    'package.json: the grader has its own',
    'sequence.ts: no ordinary file of its own, or too large',
    'twin.ts: no ordinary file of its own, or too large',
    'vitest.config.ts: the grader has its own',
  ]);
  expect(taken.integrity).toEqual(['answers.json is a symbolic link']);
  expect(taken.ok && readdirSync(taken.value.folder).toSorted()).toEqual(['package.json', 'tcblab.json']);
  expect(taken.ok && readFileSync(join(taken.value.folder, 'package.json'), 'utf8')).toContain('module');
});

const zeros = Buffer.alloc(30 << 20);
test.for<[string, () => string, string]>([
  ['one that is cut', () => cut(zip(FOLDER())), 'it is no zip archive, or only its beginning'],
  [
    'one that leads out',
    () => zip([{ name: '../evil.ts', bytes: Buffer.from('') }]),
    'leads elsewhere: "../evil.ts"',
  ],
  ['an absolute path', () => zip([{ name: '/etc/evil.ts', bytes: Buffer.from('') }]), 'leads elsewhere'],
  [
    'a name of another alphabet',
    () => zip([{ name: Buffer.from([0xff, 0x2e, 0x74, 0x73]), bytes: Buffer.from('') }]),
    'no UTF-8',
  ],
  [
    'a link',
    () => zip([{ name: 'a.ts', bytes: Buffer.from('/etc/passwd'), attributes: 0xa1ff_0000 }]),
    'a.ts is a symbolic link',
  ],
  [
    'a device',
    () => zip([{ name: 'a.ts', bytes: Buffer.from(''), attributes: 0x21ff_0000 }]),
    'no ordinary file',
  ],
  ['a bomb that says so', () => zip([{ name: 'a.ts', bytes: zeros }]), 'unpacks to more than 50 MiB'],
  ['a bomb that lies', () => zip([{ name: 'a.ts', bytes: zeros, size: 10 }]), 'larger than it says'],
  [
    'entries that share their octets',
    () =>
      zip(
        Array.from({ length: 200 }, (_, i) => ({ name: `a${i}.ts`, bytes: zeros.subarray(0, 200_000) })),
        true,
      ),
    'overlap',
  ],
  [
    'a name twice',
    () =>
      zip([
        { name: 'a.ts', bytes: Buffer.from('') },
        { name: 'a.ts', bytes: Buffer.from('') },
      ]),
    'a.ts twice',
  ],
  ['an encrypted file', () => zip([{ name: 'a.ts', bytes: Buffer.from(''), flags: 1 }]), 'encrypted'],
  [
    'another method',
    () => zip([{ name: 'a.ts', bytes: Buffer.from('abc'), method: 12 }]),
    'not read here (12)',
  ],
])('an archive with %s is refused in a sentence', ([, make, what]) => {
  const taken = take(make());
  expect(taken.ok ? '' : taken.fault.what).toContain(what);
  expect(taken.ok ? '' : taken.fault.blame).toBe('submission');
});

function cut(path: string): string {
  writeFileSync(path, readFileSync(path).subarray(0, 500));
  return path;
}

test('an archive with too many entries is refused before any is read', () => {
  const taken = take(
    zip(Array.from({ length: 2_001 }, (_, i) => ({ name: `${i}.ts`, bytes: Buffer.from('') }))),
  );
  expect(taken.ok ? '' : taken.fault.what).toContain('2001 entries');
});

test('a folder that is not there, and an empty one', () => {
  expect(take('/no/such/folder')).toMatchObject({ ok: false, fault: { blame: 'submission' } });
  expect(take(temporary())).toMatchObject({ ok: false, fault: { what: 'there is no tcblab.json in it' } });
});

test('a file that changed after it was handed in is told to staff', () => {
  const receipt = { lab: '02-sequence', members: ['ada', 7], files: [{ path: 'sequence.ts', sha256: '00' }] };
  const { facts, integrity } = take(submission('02', { 'submission.json': JSON.stringify(receipt) }));
  expect(facts.members).toEqual(['ada']);
  expect(integrity).toEqual(['sequence.ts was changed after it was handed in']);
});

test('comments and blanks make no code of one’s own', () => {
  expect(fingerprint('a = 1; // one\n/* two */\n')).toBe(fingerprint('a=1;'));
  expect(fingerprint('a = 1;')).not.toBe(fingerprint('a = 2;'));
});
