/**
 * Takes from the code that is loaded next what a TCP has no use for. A belt, no wall: it makes tricks fail early and
 * plainly, and what it lets slip is stopped by the tier that the process runs in.
 */
import { Console } from 'node:console';
import { registerHooks } from 'node:module';

/** A submission reaches for what is not its own. The message says for what. */
class RefusedImport extends Error {
  override readonly name = 'RefusedImport';
}

/** @param folder URL of the submission's folder, with a slash at its end */
export function confine(folder: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (context.parentURL?.startsWith(folder) !== true) return next(specifier, context);
      const target = URL.canParse(specifier, context.parentURL)
        ? new URL(specifier, context.parentURL)
        : null;
      const isOwn = /^\.{1,2}\//.test(specifier) && target?.href.startsWith(folder) === true;
      if (isOwn) return next(specifier, context);
      throw new RefusedImport(
        `it imports '${specifier}': a submission imports its own files, and nothing else but types (import type)`,
      );
    },
  });
  const { stderr } = process;
  // Standard output belongs to the protocol.
  globalThis.console = new Console(stderr, stderr);
  for (const name of [
    'getBuiltinModule',
    'binding',
    '_linkedBinding',
    'dlopen',
    'kill',
    'exit',
    'reallyExit',
    'abort',
  ])
    Reflect.deleteProperty(process, name);
  for (const name of ['process', 'fetch', 'WebSocket', 'EventSource', 'WebAssembly'])
    Reflect.deleteProperty(globalThis, name);
}
