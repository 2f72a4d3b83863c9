import { expect, test } from 'vitest';
import { BUNDLE_VERSION, readBundle, writeBundle } from './bundle.ts';
import type { BundleInput } from './bundle.ts';

const input: BundleInput = {
  scenario: 'handshake',
  bench: 'virtual',
  seed: 7,
  application: 'tcblab 0.1.0',
  hosts: [
    { number: 1, name: 'a', implementation: 'reference', address: '10.77.0.1/24' },
    { number: 2, name: 'b', implementation: 'kernel' },
  ],
  files: [
    { name: 'host-a.pcapng', kind: 'capture', host: 1, size: 100, sha256: 'a'.repeat(64) },
    { name: 'trace.sqlog', kind: 'trace', size: 10, sha256: '0123456789abcdef'.repeat(4) },
  ],
  correlation: {
    sightings: [
      { from: 1, sent: 1, received: 1, fate: 'arrived' },
      { from: 2, sent: 2, received: null, fate: 'lost' },
    ],
    events: [],
    offset: { micros: -1234.5, error: Infinity },
  },
};

test('a bundle is read as it was written', () => {
  const { correlation, ...rest } = input;
  expect(readBundle(writeBundle(input))).toEqual({
    format: 'tcblab-bundle',
    version: BUNDLE_VERSION,
    ...rest,
    clocks: [
      { host: 1, offset: 0, error: 0 },
      { host: 2, offset: -1234, error: null },
    ],
    sightings: correlation.sightings,
  });
});

test('each sighting has a line, and none at all is an empty list', () => {
  const lines = writeBundle(input).split('\n');
  expect(lines.filter((line) => line.includes('"fate"'))).toHaveLength(2);
  const empty = { ...input, correlation: { ...input.correlation, sightings: [] } };
  expect(readBundle(writeBundle(empty))).toMatchObject({ sightings: [] });
});

test('a bundle from the future is refused with a sentence that says so', () => {
  expect(readBundle(writeBundle(input).replace('"version": 1', '"version": 9'))).toEqual({
    reason: 'newer-version',
    detail: 'the bundle is version 9, and this program reads up to version 1: update it',
  });
});

test.each([
  ['', 'the bundle is not JSON'],
  ['[]', 'the bundle has no format "tcblab-bundle" and version'],
  ['{"format":"tcblab-bundle","version":1}', 'scenario is not a string'],
  [writeBundle(input).replace('"trace.sqlog"', '"../../etc/passwd"'), 'files[1] is not as it should be'],
  [writeBundle(input).replace('"fate":"lost"', '"fate":1'), 'sightings[1] is not as it should be'],
])('what is no bundle is told so', (text, detail) => {
  expect(readBundle(text)).toEqual({ reason: 'not-a-bundle', detail });
});

test('a digest that is none, and a name that is no plain file name or is there twice, are refused', () => {
  const bad = expect.objectContaining({ code: 'bad-bundle' });
  const [file] = input.files;
  const write = (...files: BundleInput['files']) => writeBundle({ ...input, files });
  expect(() => write({ ...file, sha256: 'A'.repeat(64) })).toThrow(bad);
  expect(() => write({ ...file, name: 'a/b' })).toThrow(bad);
  expect(() => write({ ...file, name: '..' })).toThrow(bad);
  expect(() => write(file, file)).toThrow(bad);
});
