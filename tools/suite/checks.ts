/** The checks beside the tests, cheapest remedy first. */
import { tool, type Check } from './check.ts';

export const checks: readonly Check[] = [
  {
    name: 'build',
    script: ['tools/bootstrap/run.mjs', 'lab', '--version'],
    remedy: 'npm run build shows the same',
  },
  {
    name: 'types',
    script: [tool('typescript/bin/tsc'), '-b', '--pretty'],
    remedy: 'sources and tests must compile',
  },
  {
    name: 'course types',
    script: [tool('typescript/bin/tsc'), '-p', 'apps/course', '--pretty'],
    remedy: 'pages and their plugins must compile',
  },
  {
    name: 'lab types',
    script: [tool('typescript/bin/tsc'), '-p', 'labs', '--pretty'],
    remedy: 'a starter compiles and fails; packages/tcp/src/lab/api.ts holds its types',
  },
  {
    name: 'lint',
    script: [
      tool('oxlint/bin/oxlint'),
      '--type-aware',
      '--deny-warnings',
      '--report-unused-disable-directives',
    ],
    remedy: 'each message names its remedy; some mend themselves: npm run format',
  },
  {
    name: 'format',
    script: [tool('oxfmt/bin/oxfmt'), '--check', '.'],
    remedy: 'npm run format',
  },
  {
    name: 'boundaries',
    script: [
      tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      'tools/boundaries/rules.cjs',
      '--output-type',
      'err-long',
      'packages',
      'apps',
      'labs',
      'tools',
    ],
    remedy: 'the comment under each line says where the code belongs',
  },
  { name: 'house', script: ['tools/suite/house.ts'], remedy: 'docs/contributing.md says why' },
  { name: 'prose', script: ['tools/suite/prose.ts'], remedy: 'name what exists, or make it exist' },
  {
    name: 'leaks',
    script: ['tools/suite/leaks.ts'],
    remedy: 'say it without the machine: a relative path, a variable',
  },
  {
    name: 'requirements',
    script: [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      'tools/rfc-coverage/main.ts',
      '--check',
    ],
    remedy:
      'docs/contributing.md says how a requirement is claimed and proven; npm run format writes the page',
  },
  {
    name: 'translations',
    script: ['tools/translations/stale.ts'],
    remedy: 'bring the page up to date with its source, then: node tools/translations/stale.ts --accept',
  },
  { name: 'notices', script: ['tools/notices/notices.ts', '--check'], remedy: 'npm run notices' },
];

export const formatters: readonly Check[] = [
  {
    name: 'lint --fix',
    script: [tool('oxlint/bin/oxlint'), '--type-aware', '--fix'],
    remedy: 'these need a hand',
  },
  {
    name: 'format',
    script: [tool('oxfmt/bin/oxfmt'), '.'],
    remedy: 'a file that cannot be parsed stays as it is',
  },
  {
    name: 'docs/rfc-coverage.md',
    script: ['--conditions=source', '--disable-warning=ExperimentalWarning', 'tools/rfc-coverage/main.ts'],
    remedy: 'it is written from `@rfc` tags, and from what scripts and tests say that they prove',
  },
];
