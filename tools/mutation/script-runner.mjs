/**
 * A test runner for Stryker: each script of labs/scripts is a test, run in this process, so that a mutant costs
 * milliseconds. Stryker puts all mutants into one copy of the sources and names the one that is active.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPTS = join('labs', 'scripts');

/** The packages of the copy, not those that node_modules leads to. */
function resolveWithin(root) {
  registerHooks({
    resolve(specifier, context, next) {
      const [, name, rest] = /^@tcblab\/([\w-]+)(\/.*)?$/.exec(specifier) ?? [];
      if (name === undefined) return next(specifier, context);
      const folder = join(root, 'packages', name);
      const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return next(pathToFileURL(join(folder, exports[`.${rest ?? ''}`].source)).href, context);
    },
  });
}

class ScriptRunner {
  #stryker = (globalThis.__stryker__ ??= {});
  #scripts = [];
  #runScript;

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    const root = process.cwd();
    resolveWithin(root);
    ({ runScript: this.#runScript } = await import(
      pathToFileURL(join(root, 'packages', 'drill', 'src', 'script', 'run-script.ts')).href
    ));
    this.#scripts = readdirSync(join(root, SCRIPTS), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.pkt'))
      .toSorted()
      .map((file) => ({ file, text: readFileSync(join(root, SCRIPTS, file), 'utf8') }));
  }

  async dryRun() {
    const tests = this.#scripts.map((script) => this.#run(script));
    return { status: 'complete', tests, mutantCoverage: this.#stryker.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    this.#stryker.activeMutant = activeMutant.id;
    this.#stryker.hitCount = hitLimit === undefined ? undefined : 0;
    this.#stryker.hitLimit = hitLimit;
    const wanted = testFilter === undefined ? null : new Set(testFilter);
    let nrOfTests = 0;
    for (const script of this.#scripts) {
      if (wanted?.has(script.file) === false) continue;
      nrOfTests++;
      const { status, failureMessage } = this.#run(script);
      if (hitLimit !== undefined && this.#stryker.hitCount > hitLimit) {
        return { status: 'timeout', reason: `more than ${hitLimit} steps` };
      }
      if (status === FAILED) return { status: 'killed', killedBy: [script.file], failureMessage, nrOfTests };
    }
    return { status: 'survived', nrOfTests };
  }

  #run({ file, text }) {
    this.#stryker.currentTestId = file;
    const began = performance.now();
    let failureMessage;
    try {
      const { verdict, reason } = this.#runScript({ text });
      if (verdict !== 'pass') failureMessage = reason;
    } catch (error) {
      failureMessage = String(error);
    }
    const timeSpentMs = performance.now() - began;
    const status = failureMessage === undefined ? SUCCESS : FAILED;
    return { id: file, name: file, fileName: join(SCRIPTS, file), timeSpentMs, status, failureMessage };
  }
}

/** As Stryker numbers what became of a test. */
const SUCCESS = 0;
const FAILED = 1;

export const strykerPlugins = [{ kind: 'TestRunner', name: 'scripts', factory: () => new ScriptRunner() }];
