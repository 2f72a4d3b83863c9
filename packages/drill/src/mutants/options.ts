/** Of header fields and options, as they are written and read. */
import { referenceParts, type PartialParts } from '@tcblab/tcp';
import { PSH } from '@tcblab/tcp/wire';
import { altered, mutant, reading, writing, type Mutant } from './mutant.ts';

const { codec } = referenceParts;

export const optionsMutants: readonly Mutant[] = [
  mutant(
    'announces no MSS',
    ['MUST-14', 'SHLD-5', 'MAY-3'],
    writing((segment) => {
      segment.mss = 0;
    }),
  ),
  mutant(
    'announces its MSS on every segment',
    ['MUST-65'],
    writing((segment) => {
      segment.mss = 1460;
    }),
  ),
  mutant(
    'ignores the peer’s MSS',
    ['MUST-16'],
    reading((segment) => {
      if (segment.mss > 0) segment.mss = 1460;
    }),
  ),
  mutant(
    'takes 1460 where no MSS is announced',
    ['MUST-15'],
    reading((segment) => {
      if (segment.syn && segment.mss === 0) segment.mss = 1460;
    }),
  ),
  mutant(
    'takes an MSS at any time',
    ['MUST-5', 'MUST-65'],
    reading((segment) => {
      if (!segment.syn && segment.mss > 0) segment.payloadEnd = segment.payloadStart;
    }),
  ),
  mutant(
    'scales by 15',
    ['RFC7323-2.3-14'],
    reading((segment) => {
      if (segment.windowScale === 14) segment.windowScale = 15;
    }),
  ),
  mutant(
    'offers no window scale',
    ['RFC7323-2.2-send'],
    writing((segment) => {
      segment.windowScale = -1;
    }),
  ),
  mutant(
    'offers a window scale where none was offered',
    ['RFC7323-2.2-both'],
    writing((segment) => {
      if (segment.syn) segment.windowScale = 5;
    }),
  ),
  mutant(
    'does not read the window scale',
    ['RFC7323-2.3-shift', 'RFC7323-2.3-in'],
    reading((segment) => {
      segment.windowScale = -1;
    }),
  ),
  mutant(
    'sends no PSH',
    ['MUST-61'],
    writing((segment) => {
      segment.flags &= ~PSH;
    }),
  ),
  mutant(
    'drops segments with options on data',
    ['MUST-5', 'RFC7323-2.2-nosyn'],
    reading((segment) => {
      if (!segment.syn && (segment.windowScale >= 0 || segment.mss > 0)) segment.flags = 0;
    }),
  ),
  mutant(
    'always offers the whole window',
    ['MUST-39', 'SHLD-14', 'MAY-8'],
    writing((segment) => {
      segment.wnd = 65_535;
    }),
  ),
  mutant(
    'acknowledges one octet too many',
    ['9293-3.10.7.4-7text'],
    writing((segment) => {
      if (!segment.syn && segment.hasAck) segment.ack = ((segment.ack + 1) >>> 0) as typeof segment.ack;
    }),
  ),
  mutant(
    'keeps no octets out of order',
    ['SHLD-31'],
    altered('reassembler', {
      create() {
        const inner = referenceParts.reassembler.create();
        return {
          get available() {
            return inner.available;
          },
          get ranges() {
            return inner.ranges;
          },
          insert: (offset, source, from, to) => (offset > 0 ? 0 : inner.insert(offset, source, from, to)),
          read: (into, from, to) => inner.read(into, from, to),
          clear: () => inner.clear(),
        };
      },
    }),
  ),
  mutant(
    'announces 1460 whatever the link takes',
    ['MUST-67', 'RFC6691-2-mss'],
    writing((segment) => {
      if (segment.mss > 0) segment.mss = 1460;
    }),
  ),
  mutant(
    'scales the window of its SYN',
    ['RFC7323-2.2-synwnd'],
    writing((segment) => {
      if (segment.syn && segment.windowScale >= 0) segment.wnd >>= segment.windowScale;
    }),
  ),
  mutant(
    'stops at an option that it does not know',
    ['MUST-6', 'MUST-68'],
    readingOptions((kind, _at, segment) => {
      if (kind > 8) segment.mss = 0;
    }),
  ),
  mutant(
    'reads options on word boundaries only',
    ['MUST-64', 'MUST-4'],
    readingOptions((kind, at, segment) => {
      if (kind === 2 && at % 4 !== 0) segment.mss = 0;
    }),
  ),
  mutant(
    'drops segments whose options end early',
    ['MUST-69', 'MUST-4'],
    readingOptions((kind, _at, segment) => {
      if (kind === 0) segment.flags = 0;
    }),
  ),
];

/** A codec that spoils what it has read, told of the kind and offset of each option. */
function readingOptions(
  spoil: (kind: number, at: number, segment: Parameters<typeof codec.parseSegment>[3]) => void,
): PartialParts {
  return altered('codec', {
    parseSegment(bytes, start, end, into) {
      const bad = codec.parseSegment(bytes, start, end, into);
      if (bad !== null) return bad;
      const { payloadStart } = into;
      for (let at = start + 20; at < payloadStart; at += bytes[at] < 2 ? 1 : bytes[at + 1]) {
        spoil(bytes[at], at - start, into);
        if (bytes[at] === 0) break;
      }
      return null;
    },
  });
}
