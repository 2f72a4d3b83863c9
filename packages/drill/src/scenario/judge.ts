/** The verdict on one run of a scenario, from what was observed. Pure: the same evidence gives the same words. */
import type { Micros } from '@tcblab/tcp';
import { verdictOf } from '../verdict/result.ts';
import type { Check, Verdict } from '../verdict/result.ts';
import { isResetFromClosed } from './closed-end.ts';
import { outOfTime } from './bad-wire.ts';
import { deadWire } from './dead-wire.ts';
import type { WireEnd } from './dead-wire.ts';
import { asDemanded } from './end-driver.ts';
import type { Evidence, HostEvidence, PlatformFault, StepOutcome, StepReport } from './evidence.ts';
import { differences, isFrom, matchInOrder } from './match.ts';
import type { Match } from './match.ts';
import type { Data, EndCall, EndStep, Scenario, ScenarioEnd, SegmentPattern } from './scenario.ts';
import { describeSighted, sightSegments } from './sighted-segment.ts';
import type { SightedSegment, Sightings } from './sighted-segment.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** Why, in one sentence. */
  readonly reason: string;
  /** What to do next; null when nothing needs doing. */
  readonly next: string | null;
  readonly checks: readonly Check[];
}

/** Judge a run. Packets and what programs were given decide; a trace only explains; a platform fault ends all judging. */
export function judge(scenario: Scenario, evidence: Evidence): Judgement {
  const faults = evidence.faults.filter(({ excuse }) => excuse !== true);
  const judgement = judgeWith(scenario, { ...evidence, faults });
  return judgement.verdict === 'fail' ? judgeWith(scenario, evidence) : judgement;
}

function judgeWith(scenario: Scenario, evidence: Evidence): Judgement {
  const run = new Run(scenario, evidence);
  const checks = [
    ...platformChecks(run),
    ...expectationChecks(run),
    ...neverChecks(run),
    ...checksumChecks(run),
    ...run.ends.flatMap((end) => programChecks(run, end)),
    ...run.ends.flatMap((end) => stateChecks(run, end)),
  ];
  const verdict = verdictOf(checks);
  return { verdict, ...explain(run, verdict, checks), checks };
}

class Run {
  readonly scenario: Scenario;
  readonly evidence: Evidence;
  readonly ends: readonly WireEnd[];
  /** Address of each role. */
  readonly roles: ReadonlyMap<string, string>;
  /** The end whose capture the order is read in. */
  readonly seenAt: WireEnd;
  /** What broke: as the bench tells it or, where it knows of nothing, as the captures do. */
  readonly faults: readonly PlatformFault[];

  constructor(scenario: Scenario, evidence: Evidence) {
    this.scenario = scenario;
    this.evidence = evidence;
    const addresses = evidence.hosts.map(({ address }) => address);
    this.ends = scenario.ends.map((end, index) => {
      const host = evidence.hosts[index];
      return { end, host, sightings: sightSegments(host, addresses) };
    });
    this.roles = new Map(this.ends.map(({ end, host }) => [end.role, host.address]));
    this.seenAt = this.ends.find(({ end }) => end.role === scenario.seenAt) ?? this.ends[0];
    const inferred = deadWire(this.ends[0], this.ends[1]) ?? outOfTime(evidence, this.ends, scenario.limit);
    this.faults = evidence.faults.length > 0 || inferred === null ? evidence.faults : [inferred];
  }

  /** Why nothing more came after the last packet. */
  get end(): string {
    const { ended, reason } = this.evidence;
    if (ended === 'limit') return `the limit of ${seconds(this.scenario.limit)} came`;
    return ended === 'done' ? 'both programs were through' : (reason ?? 'nothing could ever happen any more');
  }
}

function platformChecks({ faults, ends, scenario }: Run): Check[] {
  const checks = faults.map(({ what, next }, index): Check => ({
    id: `platform-${index + 1}`,
    title: 'the platform holds',
    verdict: 'inconclusive',
    evidence: 'platform',
    proves: [],
    rfc: null,
    packet: null,
    expected: 'no fault of the bench',
    seen: `${what} (${next})`,
    page: null,
  }));
  const blind = ends.every(({ sightings: { segments, bad } }) => segments.length + bad.length === 0);
  if (
    checks.length === 0 &&
    blind &&
    ends.every(({ host }) => host.application.done) &&
    scenario.expect.length > 0
  ) {
    checks.push({
      id: 'platform-capture',
      title: 'the captures hold what passed',
      verdict: 'inconclusive',
      evidence: 'platform',
      proves: [],
      rfc: null,
      packet: null,
      expected: 'the segments of a run in which both programs were through',
      seen: 'no TCP segment in either capture (look at the taps: ./tcblab doctor)',
      page: null,
    });
  }
  return checks;
}

function expectationChecks(run: Run): Check[] {
  const { scenario, seenAt, roles } = run;
  const { segments } = seenAt.sightings;
  const matches = matchInOrder(scenario.expect, segments, roles);
  let missing: Match | null = null;
  return matches.map((match, index) => {
    const { pattern, at } = match;
    const fields = patternFields(run, pattern, `expect-${index + 1}`);
    if (at >= 0) {
      const packet = { host: seenAt.host.number, number: segments[at].frame };
      return { ...fields, verdict: 'pass', packet, seen: describeSighted(segments[at]) };
    }
    if (missing !== null) {
      return {
        ...fields,
        verdict: 'blocked',
        packet: null,
        seen: `not seen after '${missing.pattern.text}' failed`,
      };
    }
    missing = match;
    const { segment, words } = instead(run, match);
    const packet = segment === null ? null : { host: seenAt.host.number, number: segment.frame };
    return { ...fields, verdict: 'fail', packet, seen: words };
  });
}

/** What came instead: the segment that comes closest, else the next one of that sender, else nothing. */
function instead(run: Run, { pattern, from }: Match): { segment: SightedSegment | null; words: string } {
  const { segments } = run.seenAt.sightings;
  const later = segments.slice(from).filter((segment) => isFrom(pattern, segment, run.roles));
  const near = later
    .filter(({ flags }) => (flags & pattern.set) === pattern.set && (flags & pattern.clear) === 0)
    .map((segment) => ({ segment, differing: differences(pattern, segment) }))
    .toSorted((one, other) => one.differing.length - other.differing.length)[0];
  if (near !== undefined) {
    return { segment: near.segment, words: `${describeSighted(near.segment)}: ${near.differing.join(', ')}` };
  }
  if (segments.length === 0) return { segment: null, words: `no segment at all; ${run.end}` };
  const last = segments[Math.min(from, segments.length - 1)];
  const next = later.find((segment) => segment !== last);
  if (next !== undefined)
    return { segment: next, words: `${describeSighted(next)}, and no such segment after it` };
  const who = pattern.from ?? 'either end';
  return {
    segment: last,
    words: `nothing from ${who} after packet ${last.frame} (${describeSighted(last)}); ${run.end}`,
  };
}

function neverChecks(run: Run): Check[] {
  return run.scenario.never.map((pattern, index) => {
    const fields = patternFields(run, pattern, `never-${index + 1}`);
    const words = { ...fields, title: `${fields.title}: never`, expected: `never: ${fields.expected}` };
    for (const { host, sightings } of run.ends) {
      const found = sightings.segments.find(
        (segment) =>
          segment.direction === 'out' &&
          isFrom(pattern, segment, run.roles) &&
          differences(pattern, segment).length === 0 &&
          !isResetFromClosed(sightings.segments, segment),
      );
      if (found !== undefined) {
        const packet = { host: host.number, number: found.frame };
        return { ...words, verdict: 'fail', packet, seen: describeSighted(found) };
      }
    }
    return { ...words, verdict: 'pass', packet: null, seen: 'none' };
  });
}

function patternFields({ scenario }: Run, pattern: SegmentPattern, id: string) {
  return {
    id,
    title: pattern.text,
    evidence: 'packets' as const,
    proves: pattern.proves,
    rfc: pattern.rfc,
    expected: pattern.text,
    page: pattern.page ?? scenario.page,
  };
}

/** What every TCP owes, whatever the scenario: its segments can be read and their checksums hold. */
function checksumChecks({ ends, scenario }: Run): Check[] {
  return ends.map(({ end, host, sightings }) => {
    const bad = sightings.bad.find(({ direction }) => direction === 'out');
    return {
      id: `${end.role}-checksums`,
      title: `${end.role} sends segments that can be read, with right checksums`,
      verdict: bad === undefined ? 'pass' : 'fail',
      evidence: 'packets',
      proves: ['MUST-2'],
      rfc: { number: 9293, section: '3.1' },
      packet: bad === undefined ? null : { host: host.number, number: bad.frame },
      expected: 'every segment well formed, every checksum right',
      seen:
        bad === undefined
          ? 'all are'
          : `${bad.fault.layer} ${bad.fault.reason}, at octet ${bad.fault.at} of its header`,
      page: scenario.page,
    };
  });
}

/** How the ids of such checks end. */
const CRASH = '-crash';

function programChecks(run: Run, { end, host, sightings }: WireEnd): Check[] {
  const checks: Check[] = [];
  if (host.crashed !== undefined) {
    checks.push({
      ...programFields(run, end, 0),
      id: `${end.role}${CRASH}`,
      title: `${end.role}'s TCP keeps running`,
      verdict: 'fail',
      rfc: null,
      packet: lastPacket(host, sightings, Infinity),
      expected: 'it returns, and throws nothing, whatever arrives',
      seen: host.crashed,
    });
  }
  let stopped = host.crashed !== undefined;
  end.steps.forEach((step, index) => {
    const report = host.application.steps.find((one) => one.step === index);
    const fields = programFields(run, end, index);
    if (report !== undefined && asDemanded(step, report.outcome)) {
      checks.push({ ...fields, verdict: 'pass', packet: null, seen: describeOutcome(report, host, run) });
    } else if (stopped || report === undefined) {
      checks.push({ ...fields, verdict: 'blocked', packet: null, seen: 'not reached' });
    } else {
      stopped = true;
      const packet = lastPacket(host, sightings, report.ended ?? Infinity);
      checks.push({ ...fields, verdict: 'fail', packet, seen: describeOutcome(report, host, run) });
    }
  });
  return checks;
}

function programFields({ scenario }: Run, end: ScenarioEnd, index: number) {
  const step = end.steps[index];
  return {
    id: `${end.role}-step-${index + 1}`,
    title: `${end.role}: ${describeCall(step)}`,
    evidence: 'application' as const,
    proves: [],
    rfc: { number: 9293, section: SECTION_OF[step.call.name] },
    expected: step.fails === undefined ? 'done' : step.fails,
    page: scenario.page,
  };
}

/** The last segment that had passed this host when something happened. */
function lastPacket(host: HostEvidence, { segments }: Sightings, time: Micros): Check['packet'] {
  const before = segments.filter(({ frame }) => (host.frames[frame - 1]?.time ?? 0) <= time);
  const last = before[before.length - 1];
  return last === undefined ? null : { host: host.number, number: last.frame };
}

/** Where RFC 9293 speaks of each call. */
const SECTION_OF: Readonly<Record<EndCall['name'], string>> = {
  listen: '3.10.1',
  accept: '3.10.1',
  open: '3.10.1',
  send: '3.10.2',
  receive: '3.10.3',
  'receive-end': '3.10.3',
  close: '3.10.4',
  release: '3.10.4',
  abort: '3.10.5',
  wait: '3.10.8',
  'wait-state': '3.10.6',
};

function describeCall({ call, on }: EndStep): string {
  const name = on === 'connection' ? call.name : `${call.name} on ${on}`;
  switch (call.name) {
    case 'listen':
    case 'open':
      return `${name} ${call.port}`;
    case 'send':
    case 'receive':
      return `${name} ${describeData(call.data)}`;
    case 'wait':
      return `${name} ${seconds(call.time)}`;
    case 'wait-state':
      return `${name} ${call.state}`;
    default:
      return name;
  }
}

function describeData(data: Data): string {
  return 'text' in data ? JSON.stringify(data.text) : `${data.octets} octets`;
}

function describeOutcome({ outcome, octets, began }: StepReport, host: HostEvidence, run: Run): string {
  // A host's clock may count from anywhere: from its first step, a reader can count along.
  const since = began - (host.application.steps[0]?.began ?? began);
  return outcome.kind === 'waiting'
    ? `still waiting, ${octets} octets through, since ${seconds(since)} after the first step; ${run.end}`
    : describeEnd(outcome);
}

function describeEnd(outcome: Exclude<StepOutcome, { kind: 'waiting' }>): string {
  switch (outcome.kind) {
    case 'done':
      return 'done';
    case 'error':
      return outcome.errno;
    case 'wrong-octet':
      return `octet ${outcome.at} of the stream is ${hex(outcome.seen)}, sent was ${hex(outcome.expected)}`;
    case 'ended-early':
      return `the stream ended ${outcome.missing} octets early`;
    case 'not-ended':
      return 'more octets, where the stream should have ended';
  }
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, '0')}`;
}

/** What an end tells of its states: explains, and never changes the verdict. */
function stateChecks({ scenario }: Run, { end, host }: WireEnd): Check[] {
  const passed = host.trace.flatMap(({ event }) => (event.name === 'state_updated' ? [event.new] : []));
  // A kernel tells of no states.
  if (end.states.length === 0 || passed.length === 0) return [];
  let from = 0;
  const missing = end.states.find((state) => {
    const at = passed.indexOf(state, from);
    if (at < 0) return true;
    from = at + 1;
    return false;
  });
  return [
    {
      id: `${end.role}-states`,
      title: `${end.role} passes through its states`,
      verdict: missing === undefined ? 'pass' : 'fail',
      evidence: 'trace',
      proves: [],
      rfc: { number: 9293, section: '3.3.2' },
      packet: null,
      expected: end.states.join(', '),
      seen: passed.join(', '),
      page: scenario.page,
    },
  ];
}

function explain(
  { faults, ends, evidence }: Run,
  verdict: Verdict,
  checks: readonly Check[],
): Pick<Judgement, 'reason' | 'next'> {
  const deciding = checks.filter((check) => check.verdict === verdict && check.evidence !== 'trace');
  // What never returned is why all else is missing.
  const endless = evidence.ended === 'limit' ? deciding.find(({ id }) => id.endsWith(CRASH)) : undefined;
  const decisive = endless ?? deciding[0];
  if (verdict === 'pass') {
    const counted = checks.filter(({ evidence: source }) => source !== 'trace').length;
    return { reason: `all ${counted} checks passed`, next: null };
  }
  if (decisive === undefined) return { reason: 'nothing was checked', next: null };
  const subject = decisive.expected.includes(decisive.title) ? '' : `${decisive.title}: `;
  const reason = `${subject}expected ${decisive.expected}; seen ${decisive.seen}`;
  if (endless !== undefined) return { reason, next: 'mend the loop, and run again' };
  if (verdict === 'inconclusive') return { reason: decisive.seen, next: faults[0]?.next ?? null };
  const { packet } = decisive;
  const next =
    packet === null
      ? 'look at the ladder for what was there instead'
      : `look at packet ${packet.number} in host-${ends[packet.host - 1].end.host}.pcapng`;
  return { reason, next };
}

function seconds(time: Micros): string {
  return `${time / 1_000_000} s`;
}
