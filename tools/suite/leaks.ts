/** Checks that no file names a package registry's host or a folder of the machine that it was written on. */
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { root } from './check.ts';
import { conclude, textFiles, type TextFile } from './text-files.ts';

const escaped = (path: string): string => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Split, so that this file does not name them itself.
const leaks: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'a registry host',
    pattern: /https?:\/\/[^/\s"']*\b(registry|npmjs|npm|verdaccio|nexus|artifactory)\b[^/\s"']*/i,
  },
  { what: 'the place of a tarball', pattern: /"resolved": *"http|tarball: *http/ },
  { what: 'a registry setting', pattern: /^\s*(@[\w-]+:)?registry\s*[=:]\s*\S*\/\// },
  {
    what: 'a home folder',
    pattern: new RegExp('/(home|Users)/(?!pi\\b)[a-z][\\w.-]*/|/ro' + 'ot/|[A-Z]:\\\\Users\\\\', 'i'),
  },
  ...[root, dirname(root), homedir()]
    .filter((path) => path.split('/').length > 2 && path !== '/' + 'tmp')
    .map((path) => ({ what: 'a folder of this machine', pattern: new RegExp(`${escaped(path)}(/|\\b)`) })),
];

conclude([...textFiles(() => true)].flatMap(findings));

function findings({ path, text }: TextFile): string[] {
  return text.split('\n').flatMap((line, index) =>
    leaks.flatMap(({ what, pattern }) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`${path}:${index + 1}: ${what}: ${match[0]}`];
    }),
  );
}
