// A border that nobody tests is a line on paper: plant one violation of every rule, and see each one caught.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { expect, onTestFinished, test } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');
const rules: { forbidden: (IForbiddenRuleType & { name: string })[]; options: ICruiseOptions } =
  createRequire(import.meta.url)('./rules.cjs');

/** Each file breaks the rules that it is listed under. */
const planted: Record<string, { path: string; text: string }> = {
  'tcp-reaches': { path: 'packages/tcp/src/a.ts', text: `import '../../capture/src/index.ts';` },
  'capture-reaches': { path: 'packages/capture/src/a.ts', text: `import '../../host/src/index.ts';` },
  'drill-reaches': {
    path: 'packages/drill/src/a.ts',
    text: `import type { a } from '../../host/src/index.ts';`,
  },
  'raw-socket-reaches': { path: 'packages/raw-socket/src/a.ts', text: `import '../../tcp/src/index.ts';` },
  'host-reaches': { path: 'packages/host/src/a.ts', text: `import '../../grader/src/index.ts';` },
  'grader-reaches': { path: 'packages/grader/src/a.ts', text: `import '../../raw-socket/src/index.ts';` },
  'lab-runner-reaches': { path: 'apps/lab-runner/src/a.ts', text: `import '../../course/src/index.ts';` },
  'course-reaches': { path: 'apps/course/src/a.ts', text: `import '../../../packages/host/src/index.ts';` },
  'labs-reaches': { path: 'labs/a.ts', text: `import '../packages/capture/src/index.ts';` },
  'labs-name-types': { path: 'labs/b.ts', text: `import '../packages/tcp/src/index.ts';` },
  'capture-reads-wire-and-trace': {
    path: 'packages/capture/src/b.ts',
    text: `import '../../tcp/src/stack/index.ts';`,
  },
  'tcp-wire-is-below': { path: 'packages/tcp/src/wire/a.ts', text: `import '../tcb/index.ts';` },
  'tcp-tcb-is-below': { path: 'packages/tcp/src/tcb/a.ts', text: `import '../stack/index.ts';` },
  'tcp-stack-is-below': { path: 'packages/tcp/src/stack/a.ts', text: `import '../sim/index.ts';` },
  'tcp-trace-is-types': {
    path: 'packages/tcp/src/wire/b.ts',
    text: `import { a } from '../trace/index.ts';`,
  },
  'pure-knows-no-machine': { path: 'packages/tcp/src/b.ts', text: `import type { Stats } from 'node:fs';` },
  'pure-has-no-dependencies': { path: 'packages/tcp/src/c.ts', text: `import 'fast-check';` },
  'page-knows-no-machine': { path: 'apps/course/src/b.ts', text: `import 'node:os';` },
  'tools-are-for-tests': { path: 'packages/host/src/b.ts', text: `import '../../../tools/a.ts';` },
  'no-dev-dependencies': { path: 'packages/host/src/c.ts', text: `import 'vitest';` },
  'no-unknown-imports': { path: 'packages/host/src/d.ts', text: `import './nowhere.ts';` },
  'no-unlisted-dependencies': { path: 'packages/host/src/e.ts', text: `import 'typescript';` },
  'no-cycles': { path: 'packages/host/src/f.ts', text: `import { a } from './f.ts';` },
};

/** What may stay, though it looks near a border. */
const allowed: Record<string, string> = {
  'packages/tcp/src/sim/z.ts': `import '../stack/index.ts'; import '../wire/index.ts';`,
  'packages/tcp/src/tcb/z.ts': `import type { a } from '../trace/index.ts';`,
  'packages/tcp/src/tcb/z.test.ts': `import 'vitest'; import 'node:fs'; import '../sim/index.ts';`,
  'packages/capture/src/z.ts': `import '../../tcp/src/wire/index.ts';`,
  'labs/z.ts': `import type { a } from '../packages/tcp/src/index.ts';`,
};

test('every rule catches its planted violation, and nothing else is caught', async () => {
  const house = mkdtempSync(join(tmpdir(), 'tcblab-boundaries-'));
  onTestFinished(() => rmSync(house, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), text);
  };
  for (const folder of ['packages/tcp/src/wire', 'packages/tcp/src/tcb', 'packages/tcp/src/stack']) {
    write(`${folder}/index.ts`, 'export const a = 1;');
  }
  for (const folder of [
    'packages/tcp/src/sim',
    'packages/tcp/src/trace',
    'packages/tcp/src',
    'packages/capture/src',
  ]) {
    write(`${folder}/index.ts`, 'export const a = 1;');
  }
  for (const folder of ['packages/host', 'packages/grader', 'packages/raw-socket', 'apps/course']) {
    write(`${folder}/src/index.ts`, 'export const a = 1;');
  }
  write('tools/a.ts', 'export const a = 1;');
  write('package.json', JSON.stringify({ devDependencies: { vitest: '*', 'fast-check': '*' } }));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  for (const { path, text } of Object.values(planted)) write(path, text);
  for (const [path, text] of Object.entries(allowed)) write(path, text);

  const { forbidden, options } = rules;
  const resolveOptions = options.enhancedResolveOptions ?? {};
  const result = await cruise(
    ['packages', 'apps', 'labs'],
    { ...options, baseDir: house, ruleSet: { forbidden }, validate: true },
    resolveOptions,
  );
  const { summary } = result.output as ICruiseResult;
  const caught = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);

  expect(Object.keys(planted).toSorted()).toEqual(forbidden.map((rule) => rule.name).toSorted());
  for (const [name, { path }] of Object.entries(planted)) expect(caught).toContain(`${name}: ${path}`);
  expect(caught.filter((line) => /\/z(\.test)?\.ts$/.test(line))).toEqual([]);
});
