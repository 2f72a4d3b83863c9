/** Labs without code: answers and claims in a student's folder, held against the student's own captures. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dissect, readCapture, type SeenSegment } from '@tcblab/capture';
import type { CaseOutcome } from '@tcblab/drill/lab';
import { ACK, FIN, SYN } from '@tcblab/tcp/wire';
import { notRun } from './outcome.ts';

/** A segment and its frame's number in the capture, from 1, as Wireshark counts. */
export interface Numbered extends SeenSegment {
  readonly number: number;
}

/** @param path of the case, such as `00-bench/iss`: the lab, and which question of it */
export function judgeAnswer(folder: string, path: string): CaseOutcome {
  const [lab, question] = path.split('/');
  try {
    const wrong = faultIn(folder, lab, question);
    return wrong === null
      ? notRun(path, 'pass', 'your capture says so')
      : { ...notRun(path, 'fail', wrong), purpose: QUESTIONS[question]?.asks ?? '' };
  } catch (error) {
    return notRun(path, 'fail', error instanceof Error ? error.message : String(error));
  }
}

function faultIn(folder: string, lab: string, question: string): string | null {
  switch (lab) {
    case '12-claims':
      return claimFault(folder, Number(question));
    case '11-wire':
      return wireFault(folder, question);
    default:
      return benchFault(folder, question);
  }
}

/** Of lab 11: a bundle of a run against the kernel. It is the student's own word; a grader runs it again. */
function wireFault(folder: string, scenario: string): string | null {
  const again = `./tcblab run ${scenario} --a . --b kernel --out wire/${scenario}`;
  const result = readJson(folder, `wire/${scenario}/result.json`);
  const { verdict, subject, pairing } = result as { verdict?: string; subject?: string; pairing?: Pairing };
  if (subject !== scenario) return `wire/${scenario} is a run of ${String(subject)}: ${again}`;
  const isOwn = pairing !== undefined && pairing.a !== 'reference' && pairing.a !== 'kernel';
  if (!isOwn || pairing.b !== 'kernel')
    return `wire/${scenario} is no run of yours against the kernel: ${again}`;
  return verdict === 'pass' ? null : `wire/${scenario} has the verdict ${String(verdict)}`;
}

interface Pairing {
  readonly a: string;
  readonly b: string;
}

/** The segments of a capture in the folder. @throws SyntaxError with a sentence when it cannot be read */
function segmentsOf(folder: string, file: string): readonly Numbered[] {
  const path = join(folder, file);
  if (!existsSync(path)) throw new SyntaxError(`there is no ${file}`);
  const { packets, fault } = readCapture(readFileSync(path));
  if (fault !== null) throw new SyntaxError(`${file} cannot be read: ${fault.detail}`);
  return packets.flatMap((packet, i) => {
    const seen = dissect(packet);
    return seen.kind === 'tcp' ? [{ ...seen, number: i + 1 }] : [];
  });
}

function readJson(folder: string, file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(join(folder, file))) throw new SyntaxError(`there is no ${file}`);
  try {
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new SyntaxError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const CAPTURE = 'bench/host-a.pcapng';

interface Question {
  readonly asks: string;
  /** The answer in this capture; null when there is none to be given. */
  answer(segments: readonly Numbered[]): number | null;
}

const has = (flags: number) => (segment: Numbered) => (segment.flags & flags) === flags;
const isSyn = (segment: Numbered): boolean => (segment.flags & (SYN | ACK)) === SYN;

/** Of lab 00. Sequence numbers are drawn anew in each run, so that nobody can hand answers on. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  'frame-of-syn': {
    asks: 'In which frame is the first SYN?',
    answer: (all) => all.find(isSyn)?.number ?? null,
  },
  iss: {
    asks: 'What is its sequence number, absolute?',
    answer: (all) => all.find(isSyn)?.seq ?? null,
  },
  'client-port': {
    asks: 'Which port did the client choose?',
    answer: (all) => all.find(isSyn)?.sourcePort ?? null,
  },
  'ack-of-syn': {
    asks: 'Which number does the SYN,ACK acknowledge, absolute?',
    answer: (all) => all.find(has(SYN | ACK))?.ack ?? null,
  },
  'frame-of-third': {
    asks: 'Which frame is the third segment of the handshake?',
    answer(all) {
      const answer = all.findIndex(has(SYN | ACK));
      return all.slice(answer + 1).find(({ flags, length }) => flags === ACK && length === 0)?.number ?? null;
    },
  },
  'octets-of-client': {
    asks: 'How many octets of payload does the client send, all in all?',
    answer(all) {
      const syn = all.find(isSyn);
      return all
        .filter(({ sourcePort }) => sourcePort === syn?.sourcePort)
        .reduce((sum, { length }) => sum + length, 0);
    },
  },
  'first-fin': {
    asks: 'In which frame is the first FIN?',
    answer: (all) => all.find(has(FIN))?.number ?? null,
  },
};

function benchFault(folder: string, question: string): string | null {
  const right = QUESTIONS[question]?.answer(segmentsOf(folder, CAPTURE)) ?? null;
  if (right === null) return `${CAPTURE} does not show it: make it by ./tcblab run handshake --out bench`;
  const given = readJson(folder, 'answers.json')[question];
  if (given === right) return null;
  return typeof given === 'number'
    ? `${given} is not what ${CAPTURE} shows`
    : `answers.json has no number "${question}"`;
}

/** What must be seen in the frames that are named, for claims that a machine can hold against a capture. */
const REFUTATIONS: Readonly<
  Record<string, { readonly shows: string; holds(frames: readonly Numbered[]): boolean }>
> = {
  M2: {
    shows: 'two segments with data from one end, with nothing from the other between them',
    holds: ([a, b]) =>
      b !== undefined &&
      a.length > 0 &&
      b.length > 0 &&
      a.sourcePort === b.sourcePort &&
      b.number === a.number + 1,
  },
  M3: {
    shows: 'a segment with data, and an ACK of more than its first octet',
    holds: ([a, b]) =>
      b !== undefined && a.length > 1 && b.ack === (a.seq + a.length + (a.flags & FIN)) >>> 0,
  },
  M4: {
    shows: 'both SYNs, each with a window scale option',
    holds: ([a, b]) => b !== undefined && [a, b].every((one) => has(SYN)(one) && one.windowScale >= 0),
  },
  M6: {
    shows: 'the SYN and the SYN,ACK, whose number is its sender’s own',
    holds: ([a, b]) =>
      b !== undefined &&
      isSyn(a) &&
      has(SYN | ACK)(b) &&
      b.seq !== a.seq &&
      b.ack === (a.seq + 1 + a.length) >>> 0,
  },
  M7: {
    shows: 'a first FIN that the server sends',
    holds: ([a]) => has(FIN)(a) && a.sourcePort < a.destinationPort,
  },
  M9: { shows: 'a SYN with data', holds: ([a]) => has(SYN)(a) && a.length > 0 },
  M12: {
    shows: 'two FINs, the second of which acknowledges the first',
    holds: ([a, b]) =>
      b !== undefined && has(FIN)(a) && has(FIN | ACK)(b) && b.ack === (a.seq + a.length + 1) >>> 0,
  },
};

const SHORTEST_TEXT = 120;

function claimFault(folder: string, place: number): string | null {
  const { claims } = readJson(folder, 'claims.json') as { claims?: unknown };
  if (!Array.isArray(claims)) return 'claims.json has no list "claims"';
  const one = claims[place - 1] as
    | { claim?: unknown; capture?: unknown; frames?: unknown; because?: unknown }
    | undefined;
  if (one === undefined) return `claims.json has no entry ${place}`;
  const { claim, capture, frames, because } = one;
  const known = Object.keys(REFUTATIONS).join(', ');
  if (typeof claim !== 'string' || !Object.hasOwn(REFUTATIONS, claim))
    return `entry ${place}: "claim" is one of ${known}`;
  const before = claims.slice(0, place - 1) as { claim?: unknown }[];
  if (before.some((other) => other?.claim === claim)) return `entry ${place}: ${claim} is refuted already`;
  if (typeof capture !== 'string' || capture.includes('..'))
    return `entry ${place}: "capture" is a file in this folder`;
  if (typeof because !== 'string' || because.length < SHORTEST_TEXT)
    return `entry ${place}: "because" says in ${SHORTEST_TEXT} characters at least what the frames show`;
  if (!Array.isArray(frames) || frames.length === 0)
    return `entry ${place}: "frames" is a list of frame numbers`;
  const segments = segmentsOf(folder, capture);
  const named = frames.map((number) => segments.find((segment) => segment.number === number));
  const missing = frames.find((_number, i) => named[i] === undefined);
  if (missing !== undefined)
    return `entry ${place}: frame ${String(missing)} of ${capture} is no TCP segment`;
  const refutation = REFUTATIONS[claim];
  if (refutation.holds(named as Numbered[])) return null;
  return `entry ${place}: against ${claim}, name ${refutation.shows}`;
}
