// Who may import whom, as docs/design.md draws it; read by dependency-cruiser. Each comment names the remedy.
// The compiler keeps most of these borders already (exports maps, project references, lib and types of pure packages);
// this is the second line, and the one that explains itself.

const tests = '\\.(test|bench|fixture)\\.tsx?$|/testing/';
const pure = '^packages/(tcp|capture|drill)/src/';
const inside = (...folders) => `^packages/(${folders.join('|')})/`;
const tcp = (...folders) => `^packages/tcp/src/(${folders.join('|')})/`;

/** A package may reach these workspace folders and no others; `comment` says what to do instead. */
const reaches = (from, allowed, comment) => ({
  name: `${from.split('/').pop()}-reaches`,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(packages|apps|labs)/', pathNot: [from, ...allowed].map((folder) => `^${folder}/`) },
});

/** Inside the core arrows point down: soak, sim, stack, tcb, wire. */
const below = (layer, above) => ({
  name: `tcp-${layer}-is-below`,
  comment: `${layer} knows nothing of ${above.join(', ')}: move what both need down, or take it as an argument.`,
  severity: 'error',
  from: { path: tcp(layer), pathNot: tests },
  to: { path: tcp(...above), dependencyTypesNot: ['type-only'] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    reaches(
      'packages/tcp',
      [],
      'The core imports nothing: declare an interface here, let the caller pass what fits.',
    ),
    reaches(
      'packages/capture',
      ['packages/tcp'],
      'capture reads bytes and traces: take what else you need as an argument.',
    ),
    reaches(
      'packages/drill',
      ['packages/tcp', 'packages/capture'],
      'drill asks and judges: the drivers that touch a machine live in host.',
    ),
    reaches('packages/raw-socket', [], 'raw-socket knows no TCP: frames in, frames out.'),
    reaches(
      'packages/host',
      ['packages/tcp', 'packages/capture', 'packages/drill', 'packages/raw-socket'],
      'host is used by grader and the apps, never the other way: take it as an argument.',
    ),
    reaches(
      'packages/grader',
      ['packages/tcp', 'packages/capture', 'packages/drill', 'packages/host'],
      'grader reaches a wire through host only, and knows no app.',
    ),
    reaches(
      'apps/lab-runner',
      ['packages'],
      'lab-runner serves the built course; it imports none of its sources.',
    ),
    reaches(
      'apps/course',
      ['packages/tcp', 'packages/capture', 'packages/drill', 'labs'],
      'The course runs in a browser: use tcp, capture, drill, or a bundle that ./tcblab run made at build time.',
    ),
    reaches('labs', ['packages/tcp'], 'A lab gets what it calls as an argument; it may name types of tcp.'),
    {
      name: 'labs-name-types',
      comment: 'Write `import type`: a lab gets what it calls as an argument.',
      severity: 'error',
      from: { path: '^labs/' },
      to: { path: inside('tcp'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'capture-reads-wire-and-trace',
      comment: 'capture needs decoders and trace types (@tcblab/tcp, /wire, /trace), not a TCB or a stack.',
      severity: 'error',
      from: { path: inside('capture'), pathNot: tests },
      to: { path: tcp('tcb', 'stack', 'sim') },
    },
    below('wire', ['tcb', 'stack', 'sim', 'soak']),
    below('tcb', ['stack', 'sim', 'soak']),
    below('stack', ['sim', 'soak']),
    {
      name: 'tcp-trace-is-types',
      comment: 'trace holds types that all may name: write `import type`, and put code where it runs.',
      severity: 'error',
      from: { path: inside('tcp'), pathNot: [tests, tcp('trace'), '^packages/tcp/src/index\\.ts$'] },
      to: { path: tcp('trace'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-knows-no-machine',
      comment:
        'A pure package has no I/O: take bytes, `now` and seeds as arguments; host touches the machine.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-has-no-dependencies',
      comment: 'Pure packages bring no third-party code (drill reads YAML with `yaml`): write the few lines.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { path: 'node_modules', pathNot: 'node_modules/yaml/' },
    },
    {
      name: 'page-knows-no-machine',
      comment: 'This runs in a browser: do it at build time, in apps/course/plugins.',
      severity: 'error',
      from: { path: '^apps/course/src/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'tools-are-for-tests',
      comment: 'tools/ helps those who work on tcblab; what the product needs lives in a package.',
      severity: 'error',
      from: { path: '^(packages|apps|labs)/', pathNot: tests },
      to: { path: '^tools/' },
    },
    {
      name: 'no-dev-dependencies',
      comment:
        'Only tests may import a development dependency: add it to `dependencies` of the package, or do without.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unknown-imports',
      comment: 'Nothing answers to this name: a misspelling, or a dependency missing in package.json.',
      severity: 'error',
      from: {},
      // The types that a lab's files are written against: labs/tsconfig.json says where they are. Docusaurus gives the
      // names that begin with @theme, @docusaurus and @generated to files of its own.
      to: { couldNotResolve: true, pathNot: '^(tcblab$|@theme|@docusaurus/|@generated/)' },
    },
    {
      name: 'no-unlisted-dependencies',
      comment: 'List it in the package.json of the package that imports it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other hold a third noun: name it, and let both import it.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|apps)/[^/]+/(dist|coverage|\\.docusaurus)/' },
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    // Sources, not builds: the same condition that tsc and vitest follow.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'types', 'import', 'default'],
    },
  },
};
