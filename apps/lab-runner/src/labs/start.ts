/** Makes or extends the folder in which a student writes a lab. What stands there already is never changed. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Lab } from '@tcblab/drill/lab';
import {
  MANIFEST,
  isSubmission,
  openSubmission,
  writeManifest,
  type Manifest,
  type Owner,
  type PartName,
} from '@tcblab/host/submission';
import { errno, notAble, wrongUse } from '../problem.ts';
import { VERSION } from '../version.ts';
import { LABS, TYPES } from './library.ts';
import { writeWhole } from './whole-file.ts';

export interface Started {
  readonly folder: string;
  /** Files that were made, and those that stood there and were left as they are. */
  readonly made: readonly string[];
  readonly kept: readonly string[];
  /** Functions to be added to files that were kept, by file; the stubs for them are in `made`. */
  readonly toAdd: readonly {
    readonly file: string;
    readonly functions: readonly string[];
    readonly stubs: string;
  }[];
}

/** @throws Problem when the folder holds something else, or cannot be written */
export function startLab(lab: Lab, path: string): Started {
  const folder = resolve(path);
  if (existsSync(folder) && !isSubmission(folder) && readdirSync(folder).length > 0) {
    throw wrongUse(
      `${path} holds other things than a lab.`,
      'Name a folder that does not exist, or an empty one.',
    );
  }
  try {
    return new Starter(lab, folder).start();
  } catch (error) {
    if (errno(error) === undefined) throw error;
    throw notAble(`${path} cannot be written: ${String(error)}`, 'Name another folder.', error);
  }
}

class Starter {
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #made: string[] = [];
  readonly #kept: string[] = [];
  /** Paths of files that were not there before. */
  readonly #fresh: string[] = [];
  readonly #toAdd: { file: string; functions: readonly string[]; stubs: string }[] = [];

  constructor(lab: Lab, folder: string) {
    this.#lab = lab;
    this.#folder = folder;
  }

  /** @throws what the disk refuses; of what was made until then nothing is left */
  start(): Started {
    const first = mkdirSync(join(this.#folder, '.vscode'), { recursive: true });
    try {
      return this.#make();
    } catch (error) {
      for (const path of this.#fresh) rmSync(path, { force: true });
      if (first !== undefined) rmSync(first, { recursive: true, force: true });
      throw error;
    }
  }

  #make(): Started {
    const before = this.#manifest();
    this.#starterFiles();
    this.#file(`${this.#lab.id}.md`, readFileSync(join(LABS, this.#lab.id, 'README.md'), 'utf8'));
    this.#ours('tcblab.ts', typesFile());
    this.#file('tsconfig.json', json(TSCONFIG));
    this.#file('package.json', json({ private: true, type: 'module' }));
    this.#file('.vscode/launch.json', json(launchConfiguration()));
    this.#file('.gitignore', '.tcblab\ntcblab-runs\n');
    this.#write(MANIFEST, writeManifest(extended(before, this.#lab)));
    return { folder: this.#folder, made: this.#made, kept: this.#kept, toAdd: this.#toAdd };
  }

  #manifest(): Manifest {
    if (isSubmission(this.#folder)) {
      const opened = openSubmission(this.#folder);
      if (!opened.ok) throw wrongUse(`${opened.fault.what}.`, opened.fault.next);
      return opened.value.manifest;
    }
    return { lab: this.#lab.id, language: 'typescript', kit: VERSION, parts: {}, command: null };
  }

  #starterFiles(): void {
    const starter = join(LABS, this.#lab.id, 'starter');
    if (!existsSync(starter)) return;
    for (const file of readdirSync(starter).toSorted()) {
      const text = readFileSync(join(starter, file), 'utf8');
      const functions = this.#lab.replaces[file.replace(/\.ts$/, '') as PartName] ?? [];
      const own = existsSync(join(this.#folder, file))
        ? readFileSync(join(this.#folder, file), 'utf8')
        : null;
      this.#file(file, text);
      if (own === null) continue;
      const missing = functions.filter(
        (name) => !new RegExp(`export (?:const|function) ${name}\\b`).test(own),
      );
      if (missing.length === 0) continue;
      const stubs = file.replace(/\.ts$/, `.${this.#lab.number}.ts`);
      this.#file(stubs, text);
      this.#toAdd.push({ file, functions: missing, stubs });
    }
  }

  /** A file for the student: made where there is none. */
  #file(name: string, text: string): void {
    if (existsSync(join(this.#folder, name))) this.#kept.push(name);
    else this.#write(name, text);
  }

  /** A file of the kit's: kept up to date as long as nobody made it theirs. */
  #ours(name: string, text: string): void {
    const path = join(this.#folder, name);
    if (existsSync(path) && !readFileSync(path, 'utf8').startsWith(GENERATED)) this.#kept.push(name);
    else this.#write(name, text);
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name);
    const stood = existsSync(path);
    writeWhole(path, text);
    if (!stood) this.#fresh.push(path);
    this.#made.push(name);
  }
}

/** What the lab asks for is the student's from now on, unless it was called otherwise before. */
function extended(before: Manifest, lab: Lab): Manifest {
  const parts: Partial<Record<PartName, Record<string, Owner>>> = { ...before.parts };
  for (const [part, functions] of Object.entries(lab.replaces) as [PartName, readonly string[]][]) {
    parts[part] = { ...Object.fromEntries(functions.map((name) => [name, 'mine' as const])), ...parts[part] };
  }
  return { ...before, lab: lab.id, kit: VERSION, parts };
}

const GENERATED =
  '// Made by tcblab, and made anew when a newer tcblab starts a lab here. Read it; do not change it.';

function typesFile(): string {
  const console = `
declare global {
  /** Print to the terminal while \`check\` runs. */
  const console: { log(...data: unknown[]): void; error(...data: unknown[]): void };
}
`;
  return `${GENERATED}\n${readFileSync(TYPES, 'utf8')}${console}`;
}

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023'],
    types: [],
    module: 'ESNext',
    moduleResolution: 'bundler',
    paths: { tcblab: ['./tcblab.ts'] },
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // What Node runs as it stands: types that can be cut out.
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
  },
  include: ['*.ts'],
};

/** Starts the command as it was started now. */
function launchConfiguration() {
  const program = process.argv[1];
  const base = {
    type: 'node',
    request: 'launch',
    runtimeExecutable: process.execPath,
    runtimeArgs: process.execArgv,
    program,
    console: 'integratedTerminal',
    skipFiles: ['<node_internals>/**'],
  };
  return {
    version: '0.2.0',
    configurations: [
      { name: 'check this lab', ...base, args: ['check', '${workspaceFolder}', '--inspect'] },
      {
        name: 'check one case',
        ...base,
        args: ['check', '${workspaceFolder}', '--inspect', '${input:case}'],
      },
    ],
    inputs: [
      { id: 'case', type: 'promptString', description: 'Which case?', default: 'handshake/passive-open' },
    ],
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
