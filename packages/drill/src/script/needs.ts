/** What a script asks of a stack beyond plain TCP, so that one which lacks it is told apart from one which is wrong. */
import type { Expression, PacketAction, Position, Script } from './syntax.ts';

export type Feature =
  | 'ECN'
  | 'ICMP errors'
  | 'IPv6'
  | 'MD5 signatures'
  | 'SACK'
  | 'TCP fast open'
  | 'UDP'
  | 'timestamps'
  | 'urgent data'
  | 'keep-alive'
  | 'user timeout'
  | 'MSG_PEEK';

/** What our stack has of them now. */
export const referenceFeatures: ReadonlySet<Feature> = new Set<Feature>([
  'ICMP errors',
  'IPv6',
  'SACK',
  'timestamps',
  'urgent data',
  'keep-alive',
  'user timeout',
  'MSG_PEEK',
]);

/** What Linux has of them, as far as scripts can drive it here. */
export const kernelFeatures: ReadonlySet<Feature> = new Set<Feature>([
  'ECN',
  'ICMP errors',
  'IPv6',
  'SACK',
  'TCP fast open',
  'timestamps',
  'urgent data',
  'keep-alive',
  'user timeout',
  'MSG_PEEK',
]);

export interface Need {
  readonly feature: Feature;
  readonly at: Position;
}

/** @returns the first thing that the script needs and `features` lack; null = it can run */
export function missingFeature(script: Script, features: ReadonlySet<Feature>): Need | null {
  for (const need of needs(script)) if (!features.has(need.feature)) return need;
  return null;
}

function* needs({ options, events }: Script): Iterable<Need> {
  for (const { name, value, at } of options) {
    if (name === 'ip_version' && value !== 'ipv4') yield { feature: 'IPv6', at };
  }
  for (const { at, action } of events) {
    if (action.kind === 'packet') {
      for (const feature of packetNeeds(action)) yield { feature, at };
    } else if (action.kind === 'call') {
      for (const argument of action.args) {
        for (const word of words(argument)) {
          const feature = WORDS[word];
          if (feature !== undefined) yield { feature, at: argument.at };
        }
      }
    }
  }
}

function* packetNeeds({ direction, ip, body }: PacketAction): Iterable<Feature> {
  if (ip.ecn !== null && ip.ecn !== 'noecn') yield 'ECN';
  if (ip.flowLabel !== null) yield 'IPv6';
  if (body.kind === 'udp') yield 'UDP';
  if (body.kind === 'icmp' && !body.type.startsWith('echo')) yield 'ICMP errors';
  if (body.kind !== 'tcp') return;
  // ECE and CWR on an injected SYN only offer; a stack without ECN does not answer them.
  if (/[EWA0-7]/.test(body.flags) && !(direction === 'in' && body.flags.includes('S'))) yield 'ECN';
  for (const { kind } of body.options ?? []) {
    // What an injected SYN offers may be declined.
    const offered = direction === 'in' && body.flags === 'S';
    if (kind === 'sack' || (kind === 'sackOK' && direction === 'out')) yield 'SACK';
    if (kind === 'TS' && !offered) yield 'timestamps';
    if ((kind === 'FO' || kind === 'FOEXP') && !offered) yield 'TCP fast open';
    if (kind === 'md5') yield 'MD5 signatures';
    if (kind === 'ECN') yield 'ECN';
  }
}

const WORDS: Record<string, Feature> = {
  AF_INET6: 'IPv6',
  PF_INET6: 'IPv6',
  MSG_OOB: 'urgent data',
  SIOCATMARK: 'urgent data',
  SO_OOBINLINE: 'urgent data',
  MSG_FASTOPEN: 'TCP fast open',
  TCP_FASTOPEN: 'TCP fast open',
  TCP_FASTOPEN_CONNECT: 'TCP fast open',
  SO_KEEPALIVE: 'keep-alive',
  TCP_KEEPIDLE: 'keep-alive',
  TCP_KEEPINTVL: 'keep-alive',
  TCP_KEEPCNT: 'keep-alive',
  TCP_USER_TIMEOUT: 'user timeout',
  MSG_PEEK: 'MSG_PEEK',
  SOCK_DGRAM: 'UDP',
  IPPROTO_UDP: 'UDP',
  TCP_MD5SIG: 'MD5 signatures',
};

function* words(expression: Expression): Iterable<string> {
  switch (expression.kind) {
    case 'word':
      yield expression.name;
      return;
    case 'list':
    case 'either':
      for (const item of expression.items) yield* words(item);
      return;
    case 'function':
      for (const item of expression.args) yield* words(item);
      return;
    case 'struct':
      for (const { value } of expression.fields) yield* words(value);
      return;
    case 'integer':
    case 'text':
    case 'unchecked':
  }
}
