/** What a script's shell commands mean here. None is ever executed: a few have a meaning, and any other is unsupported. */
import type { Micros } from '@tcblab/tcp';

export type Meaning =
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'sleep'; readonly micros: Micros }
  /** Count the lines of a listing of connections and compare. */
  | {
      readonly kind: 'count';
      /** As the core calls it; null = every state. */
      readonly state: string | null;
      /** Must be part of a line's addresses; null = any. */
      readonly text: string | null;
      /** Lines that the listing has beside. */
      readonly header: number;
      readonly wanted: string;
      /** Whether the count is `wanted`, or only has it among its digits, as plain grep finds it. */
      readonly whole: boolean;
    }
  | { readonly kind: 'drop' };

/** @returns what the command does, in order; or what of it has no meaning here */
export function meaningOf(command: string): readonly Meaning[] | { readonly unsupported: string } {
  const meanings: Meaning[] = [];
  for (const part of command.split(/&&|;|\n/).map((text) => text.trim())) {
    if (part === '' || part === 'true' || part === ':' || part.startsWith('#')) continue;
    const meaning = meaningOfOne(part.replace(/\s*\d?>\s*(?:\/dev\/null|&\d)/g, '').trim());
    if (meaning === null) return { unsupported: part };
    meanings.push(...meaning);
  }
  return meanings;
}

function meaningOfOne(command: string): readonly Meaning[] | null {
  const [first, ...rest] = command.split('|').map((stage) => stage.trim().split(/\s+/));
  const program = first[0].replace(/^.*\//, '');
  const words = first.slice(1);
  if (['ss', 'netstat', 'sockstat'].includes(program)) return count(program, words, rest);
  if (rest.length > 0) return null;
  // What set_sysctls.py leaves behind, to undo itself: every script here has a stack of its own.
  if (program.startsWith('sysctl_restore_')) return [];
  switch (program) {
    case 'sysctl':
      return assignments(words.filter((word) => !word.startsWith('-')).join(' '));
    case 'set_sysctls.py':
      return assignments(words.join(' '));
    case 'defaults.sh':
      return [];
    case 'sleep': {
      const seconds = Number(words[0]);
      return words.length === 1 && seconds >= 0
        ? [{ kind: 'sleep', micros: Math.round(seconds * 1e6) }]
        : null;
    }
    case 'tcpdrop':
      return [{ kind: 'drop' }];
    default:
      return null;
  }
}

/** `name=value` pairs; a value of several words is quoted. Names are dotted, or paths below /proc/sys. */
function assignments(text: string): Meaning[] | null {
  const meanings: Meaning[] = [];
  const left = text.replace(
    /([\w./]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/g,
    (_, name: string, quoted?: string, single?: string, plain?: string) => {
      const value = quoted ?? single ?? plain ?? '';
      meanings.push({ kind: 'set', name: name.replace(/^\/proc\/sys\//, '').replaceAll('/', '.'), value });
      return '';
    },
  );
  return left.trim() === '' && meanings.length > 0 ? meanings : null;
}

/** As `ss`, and as `netstat` and `sockstat`, write the states that the core names as RFC 9293 does. */
const STATES: Record<string, string> = {
  listen: 'LISTEN',
  listening: 'LISTEN',
  'syn-sent': 'SYN-SENT',
  'syn-recv': 'SYN-RECEIVED',
  'syn-received': 'SYN-RECEIVED',
  established: 'ESTABLISHED',
  estab: 'ESTABLISHED',
  connected: 'ESTABLISHED',
  'fin-wait-1': 'FIN-WAIT-1',
  'fin-wait1': 'FIN-WAIT-1',
  'fin-wait-2': 'FIN-WAIT-2',
  'fin-wait2': 'FIN-WAIT-2',
  'close-wait': 'CLOSE-WAIT',
  closing: 'CLOSING',
  'last-ack': 'LAST-ACK',
  'time-wait': 'TIME-WAIT',
};

function stateOf(word: string): string | null {
  return (
    STATES[
      word
        .replace(/["'^$]/g, '')
        .toLowerCase()
        .replaceAll('_', '-')
    ] ?? null
  );
}

function count(program: string, words: readonly string[], stages: readonly string[][]): Meaning[] | null {
  let state: string | null = null;
  let text: string | null = null;
  const at = words.indexOf('state');
  if (at >= 0) {
    state = stateOf(words[at + 1] ?? '');
    if (state === null) return null;
  }
  const rest = at >= 0 ? words.filter((_, i) => i !== at && i !== at + 1) : words;
  // Only letters that choose TCP, numbers, all, or no header; an address family and filters are more than we list.
  if (
    rest.some(
      (word) =>
        !/^-[Htanl4]+$/.test(word) && !(program !== 'ss' && /^-[A-Za-z0-9]+$|^(?:tcp|inet)$/.test(word)),
    )
  ) {
    return null;
  }
  let header = program === 'ss' && !words.some((word) => /^-\w*H/.test(word)) ? 1 : 0;
  let counted = false;
  for (const [i, stage] of stages.entries()) {
    const options = stage
      .slice(1)
      .filter((word) => word.startsWith('-'))
      .join('');
    const pattern = stage.slice(1).find((word) => !word.startsWith('-'));
    if (counted) {
      if (stage[0] !== 'grep' || i !== stages.length - 1 || pattern === undefined) return null;
      if (!/^[-qxw]*$/.test(options) || !/^\d+$/.test(pattern)) return null;
      return [{ kind: 'count', state, text, header, wanted: pattern, whole: /[xw]/.test(options) }];
    }
    if (stage[0] === 'wc' && options === '-l') counted = true;
    else if (stage[0] === 'grep' && pattern !== undefined && /^[-ciEF]*$/.test(options)) {
      const named = stateOf(pattern);
      if (named === null) text = pattern.replace(/["'\\]/g, '');
      else state = named;
      header = 0;
      counted = options.includes('c');
    } else return null;
  }
  return null;
}
