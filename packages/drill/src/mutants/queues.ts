/** Of a listener’s queues and cookies. */
import { referenceParts, SYN_COOKIES } from '@tcblab/tcp';
import { altered, mutant, reading, writing, type Mutant } from './mutant.ts';

const { listener } = referenceParts;

export const queuesMutants: readonly Mutant[] = [
  mutant('keeps every SYN', ['RFC4987-3.2'], altered('listener', { synArrives: () => 'keep' })),
  mutant(
    'completes every handshake',
    ['9293-3.10.7.4-5ack-synrcvd'],
    altered('listener', { ackArrives: () => 'open' }),
  ),
  mutant(
    'completes no handshake before another waits',
    ['9293-3.10.7.4-5ack-synrcvd'],
    altered('listener', {
      ackArrives: ({ acceptable, halfOpen }) => (acceptable > 0 || halfOpen > 1 ? 'open' : 'drop'),
    }),
  ),
  mutant(
    'counts only what waits for accept()',
    ['RFC4987-3.2'],
    altered('listener', {
      synArrives: (queues, settings) => listener.synArrives({ ...queues, halfOpen: 0 }, settings),
    }),
  ),
  mutant(
    'keeps one SYN fewer',
    ['9293-3.10.7.2-3syn'],
    altered('listener', {
      synArrives({ backlog, halfOpen, acceptable }, settings) {
        return listener.synArrives({ backlog, halfOpen: halfOpen + 1, acceptable: acceptable + 1 }, settings);
      },
    }),
  ),
  mutant(
    'never sends a SYN,ACK again',
    ['RFC4987-4-rexmit', 'RFC6298-5.4', '9293-3.10.8-rto'],
    altered('listener', { synAckTimeout: () => null }),
  ),
  mutant(
    'never gives up a half-open connection',
    ['MUST-20'],
    altered('listener', {
      synAckTimeout: (now, sent, settings) =>
        listener.synAckTimeout(now, { ...sent, startedAt: now, transmissions: 1 }, settings),
    }),
  ),
  mutant(
    'sends its SYN,ACK again at a steady pace',
    ['RFC6298-5.5'],
    altered('listener', {
      synAckTimeout: (now, sent, settings) =>
        listener.synAckTimeout(now, sent, settings) === null ? null : sent.rto,
    }),
  ),
  mutant('ignores somaxconn', ['RFC4987-3.2'], {}, { somaxconn: 4096 }),
  mutant('ignores the bound of its SYN queue', ['RFC4987-3.5'], {}, { synBacklog: 1024 }),
  mutant('recycles nothing', ['RFC4987-3.4'], {}, { recycleHalfOpen: 0 }),
  mutant('always keeps text of SYNs', ['RFC4987-3.5-data'], {}, { keepSynText: 1 }),
  mutant('never aborts on overflow', ['9293-3.10.5-abort-sync'], {}, { abortOnOverflow: 0 }),

  // Cookies.
  mutant('has no cookies', ['RFC4987-3.6', 'RFC4987-3.7'], {}, { synCookies: SYN_COOKIES.off }),
  mutant('gives cookies unasked', ['RFC4987-4-default'], {}, { synCookies: SYN_COOKIES.whenFull }),
  mutant(
    'gives cookies to whom it cannot serve',
    ['RFC4987-3.6'],
    altered('listener', {
      synArrives: (queues, settings) => listener.synArrives({ ...queues, acceptable: 0 }, settings),
    }),
  ),
  mutant(
    'takes any ACK for a cookie',
    ['RFC4987-3.6', 'RFC4987-A'],
    altered('listener', { readCookie: () => 1460 }),
  ),
  mutant(
    'takes no cookie back',
    ['RFC4987-3.6', 'RFC4987-3.6-lostack'],
    altered('listener', { readCookie: () => null }),
  ),
  mutant(
    'makes cookies that last for ever',
    ['RFC4987-3.6', 'RFC4987-A'],
    altered('listener', {
      makeCookie: (_now, tuple, irs, mss, secret) => listener.makeCookie(0, tuple, irs, mss, secret),
      readCookie: (_now, tuple, irs, cookie, secret) => listener.readCookie(0, tuple, irs, cookie, secret),
    }),
  ),
  mutant(
    'forgets the segment size with a cookie',
    ['RFC4987-A'],
    altered('listener', {
      makeCookie: (now, tuple, irs, _mss, secret) => listener.makeCookie(now, tuple, irs, 1460, secret),
    }),
  ),
  mutant(
    'rounds the segment size up',
    ['RFC4987-A'],
    altered('listener', {
      makeCookie: (now, tuple, irs, mss, secret) => listener.makeCookie(now, tuple, irs, mss + 10, secret),
    }),
  ),
  mutant(
    'serves one peer at a time',
    ['9293-3.10.1-open-passive', 'MUST-41', 'MUST-42'],
    altered('listener', {
      synArrives: ({ halfOpen, acceptable }) => (halfOpen + acceptable === 0 ? 'keep' : 'drop'),
    }),
  ),
  mutant(
    'listens to nobody',
    ['9293-3.10.1-open-passive', 'MUST-41'],
    altered('listener', { synArrives: () => 'drop' }),
  ),
  mutant(
    'offers a window scale with a cookie that cannot remember it',
    ['RFC4987-3.6-opts'],
    writing((segment) => {
      if (segment.syn && segment.hasAck) segment.windowScale = 5;
    }),
  ),
  mutant(
    'forgets the options that a timestamp brings back',
    ['RFC4987-3.6-opts'],
    reading((segment) => {
      if (segment.timestamps && !segment.syn) segment.tsEcr = (segment.tsEcr | 0xf) >>> 0;
    }),
  ),
];
