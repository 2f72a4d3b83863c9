/** What a hand does in the playground, and how a link spells it. */
import type { HeaderEdit, Side } from './flight.ts';
import type { Hold } from './host.ts';

export type Action =
  | { readonly kind: 'listen'; readonly side: Side; readonly port: number; readonly backlog: number }
  | { readonly kind: 'stop-listening'; readonly side: Side }
  /** `localPort` 0 = any. */
  | { readonly kind: 'open'; readonly side: Side; readonly port: number; readonly localPort: number }
  | { readonly kind: 'send'; readonly side: Side; readonly text: string }
  /** So many octets, all alike. */
  | { readonly kind: 'send-octets'; readonly side: Side; readonly octets: number }
  | { readonly kind: 'close'; readonly side: Side }
  | { readonly kind: 'abort'; readonly side: Side }
  | { readonly kind: 'read'; readonly side: Side; readonly on: boolean }
  | { readonly kind: 'hold'; readonly side: Side; readonly hold: Hold }
  /** So many SYNs towards the side's peer, each from an address that nobody has. */
  | { readonly kind: 'flood'; readonly side: Side; readonly port: number; readonly count: number }
  | { readonly kind: 'deliver'; readonly flight: number }
  | { readonly kind: 'drop'; readonly flight: number }
  | { readonly kind: 'duplicate'; readonly flight: number }
  /** Later by so many microseconds. */
  | { readonly kind: 'delay'; readonly flight: number; readonly by: number }
  | ({ readonly kind: 'edit'; readonly flight: number } & HeaderEdit);

/** An action and when it was done: after so many steps of the world, at this time. */
export interface Deed {
  readonly steps: number;
  readonly time: number;
  readonly action: Action;
}

/** A run in full: from these, the same segments come again. */
export interface RunRecord {
  readonly seed: number;
  readonly cookies: boolean;
  readonly deeds: readonly Deed[];
  /** Where it stands now. */
  readonly steps: number;
  readonly time: number;
}

export const MOST_TEXT = 2000;
export const MOST_OCTETS = 200_000;
export const MOST_SYNS = 200;
const MOST_DEEDS = 1000;
const MOST_STEPS = 100_000;
const LATEST = 86_400_000_000;

/** Such as `1~1~l1.28.5~0.0.o0.28.0~…`: seed, deeds with steps and times since the last one, where it stands. */
export function writeRun({ seed, cookies, deeds, steps, time }: RunRecord): string {
  const words = [`${VERSION}`, base36(seed) + (cookies ? 'c' : '')];
  let before = { steps: 0, time: 0 };
  const since = (at: { steps: number; time: number }) => {
    const moved = `${base36(at.steps - before.steps)}.${base36(at.time - before.time)}`;
    before = at;
    return moved;
  };
  for (const deed of deeds) words.push(`${since(deed)}.${spell(deed.action)}`);
  words.push(since({ steps, time }));
  return words.join('~');
}

/** @returns null for what `writeRun` did not write, or what would take too long */
export function readRun(text: string): RunRecord | null {
  const [version, seedWord = '', ...words] = text.replace(/^#/, '').split('~');
  const match = /^([0-9a-z]{1,7}?)(c?)$/.exec(seedWord);
  if (version !== `${VERSION}` || match === null || words.length === 0 || words.length > MOST_DEEDS)
    return null;
  const deeds: Deed[] = [];
  let steps = 0;
  let time = 0;
  for (const [place, word] of words.entries()) {
    const [moved = '', later = '', ...spelt] = word.split('.');
    steps += number36(moved);
    time += number36(later);
    if (!(steps <= MOST_STEPS && time <= LATEST)) return null;
    if (place === words.length - 1) {
      if (spelt.length > 0) return null;
      break;
    }
    const action = understand(spelt);
    if (action === null) return null;
    deeds.push({ steps, time, action });
  }
  return { seed: number36(match[1]), cookies: match[2] === 'c', deeds, steps, time };
}

const VERSION = 1;
const HOLDS: readonly Hold[] = ['nothing', 'third-ack', 'everything'];

function spell(action: Action): string {
  const words = (...numbers: number[]) => numbers.map((number) => `.${base36(number)}`).join('');
  switch (action.kind) {
    case 'listen':
      return `l${action.side}${words(action.port, action.backlog)}`;
    case 'stop-listening':
      return `q${action.side}`;
    case 'open':
      return `o${action.side}${words(action.port, action.localPort)}`;
    case 'send':
      return `s${action.side}.${encodeURIComponent(action.text).replaceAll('.', '%2E').replaceAll('~', '%7E')}`;
    case 'send-octets':
      return `n${action.side}${words(action.octets)}`;
    case 'close':
      return `c${action.side}`;
    case 'abort':
      return `a${action.side}`;
    case 'read':
      return `r${action.side}${words(action.on ? 1 : 0)}`;
    case 'hold':
      return `h${action.side}${words(HOLDS.indexOf(action.hold))}`;
    case 'flood':
      return `f${action.side}${words(action.port, action.count)}`;
    case 'deliver':
      return `d${words(action.flight)}`;
    case 'drop':
      return `x${words(action.flight)}`;
    case 'duplicate':
      return `t${words(action.flight)}`;
    case 'delay':
      return `w${words(action.flight, action.by)}`;
    case 'edit':
      return `e${words(action.flight, action.seq, action.ack, action.flags, action.wnd)}`;
  }
}

function understand([head = '', ...words]: readonly string[]): Action | null {
  const [, letter = '', digit = ''] = /^([a-z])([01]?)$/.exec(head) ?? [];
  const side: Side = digit === '1' ? 1 : 0;
  const numbers = words.map(number36);
  const [first = Number.NaN, second = Number.NaN] = numbers;
  const upTo = (value: number, most: number) => value >= 0 && value <= most;
  if (letter === 's') {
    const text = decode(words[0] ?? '');
    return text === null || text.length > MOST_TEXT ? null : { kind: 'send', side, text };
  }
  if (numbers.some(Number.isNaN)) return null;
  switch (letter) {
    case 'l':
      return upTo(first, 65_535) && upTo(second, 4096)
        ? { kind: 'listen', side, port: first, backlog: second }
        : null;
    case 'q':
      return { kind: 'stop-listening', side };
    case 'o':
      return upTo(first, 65_535) && upTo(second, 65_535)
        ? { kind: 'open', side, port: first, localPort: second }
        : null;
    case 'n':
      return upTo(first, MOST_OCTETS) ? { kind: 'send-octets', side, octets: first } : null;
    case 'c':
      return { kind: 'close', side };
    case 'a':
      return { kind: 'abort', side };
    case 'r':
      return { kind: 'read', side, on: first === 1 };
    case 'h':
      return HOLDS[first] === undefined ? null : { kind: 'hold', side, hold: HOLDS[first] };
    case 'f':
      return upTo(first, 65_535) && upTo(second, MOST_SYNS)
        ? { kind: 'flood', side, port: first, count: second }
        : null;
    case 'd':
      return upTo(first, LATEST) ? { kind: 'deliver', flight: first } : null;
    case 'x':
      return upTo(first, LATEST) ? { kind: 'drop', flight: first } : null;
    case 't':
      return upTo(first, LATEST) ? { kind: 'duplicate', flight: first } : null;
    case 'w':
      return upTo(first, LATEST) && upTo(second, LATEST)
        ? { kind: 'delay', flight: first, by: second }
        : null;
    case 'e': {
      const [flight, seq, ack, flags, wnd] = numbers;
      const fits =
        numbers.length === 5 &&
        upTo(Math.max(seq, ack), 0xffff_ffff) &&
        upTo(flags, 255) &&
        upTo(wnd, 65_535);
      return fits ? { kind: 'edit', flight, seq, ack, flags, wnd } : null;
    }
    default:
      return null;
  }
}

function base36(value: number): string {
  return value.toString(36);
}

function number36(text: string): number {
  return /^[0-9a-z]{1,10}$/.test(text) ? Number.parseInt(text, 36) : Number.NaN;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
