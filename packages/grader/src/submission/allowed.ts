/** Which files of a submission are taken: what a student writes, and nothing that tells a tool what to do. */

export interface TakenFile {
  /** With slashes. */
  readonly path: string;
  readonly bytes: Buffer;
}

const KINDS = /\.(ts|json|pcapng|pcap|md|txt|py|c|h|cc|cpp|hpp|go|rs|java|js|mjs|rb|lua)$/i;
/** Of tools, whose configuration is the grader's own. */
const TOOLS =
  /^(package(-lock)?|tsconfig.*|jsconfig.*|pnpm-.*|deno|bun.*|import_map|importmap)\.json$|\.config\.\w+$/i;
const FOLDERS = new Set(['node_modules', 'tcblab-runs', '__MACOSX']);
const MOST_DEEP = 8;

/** @returns why it stays behind; null when it is taken */
export function leftBehind(path: string): string | null {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.some((part) => part.startsWith('.') || FOLDERS.has(part))) return 'a tool’s own';
  if (parts.length > MOST_DEEP) return 'too deep';
  if (TOOLS.test(name)) return 'the grader has its own';
  if (/\.(node|wasm|so|dll|exe|o|a|class|jar|pyc)$/i.test(name)) return 'no source';
  return KINDS.test(name) ? null : 'not of a kind that is graded';
}
