import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { parseAddress } from './address-text.ts';
import { Ipv6Header, parseIpv6, writeIpv6 } from './ipv6.ts';

const TCP = 6;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION = 60;
const PADN = [1, 4, 0, 0, 0, 0];

/** A packet whose first extension header is of the first kind, and so on; each is its octets but for the next header. */
function packet(chain: readonly (readonly [kind: number, ...octets: number[]])[], payload = 4): Uint8Array {
  const rest = chain.flatMap(([, ...octets], at) => [chain.at(at + 1)?.[0] ?? TCP, ...octets]);
  const header = new Ipv6Header();
  header.protocol = chain[0]?.[0] ?? TCP;
  header.hopLimit = 64;
  header.source.copyFrom(parseAddress('fd00::1'));
  header.destination.copyFrom(parseAddress('fd00::2'));
  const bytes = new Uint8Array(40 + rest.length + payload);
  writeIpv6(header, bytes, 0, rest.length + payload);
  bytes.set(rest, 40);
  return bytes;
}

function read(bytes: Uint8Array) {
  const header = new Ipv6Header();
  const bad = parseIpv6(bytes, 0, bytes.length, header);
  return bad ?? { protocol: header.protocol, payload: [header.payloadStart, header.payloadEnd] };
}

test('what is written is what is read, and padding is trimmed', () => {
  const word = fc.integer();
  const fields = {
    trafficClass: fc.nat(255),
    flowLabel: fc.nat(0xfffff),
    hopLimit: fc.nat(255),
    protocol: fc.nat(255).filter((kind) => ![HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION].includes(kind)),
  };
  const addresses = fc.tuple(word, word, word, word, word, word, word, word);
  fc.assert(
    fc.property(
      fc.record(fields),
      addresses,
      fc.nat(5),
      fc.nat(30),
      fc.nat(46),
      (some, words, start, length, padding) => {
        const header = Object.assign(new Ipv6Header(), some);
        header.source.setIpv6(words[0], words[1], words[2], words[3]);
        header.destination.setIpv6(words[4], words[5], words[6], words[7]);
        header.payloadStart = start + 40;
        header.payloadEnd = start + 40 + length;
        const bytes = new Uint8Array(140).fill(0x5a);
        expect(writeIpv6(header, bytes, start, length)).toBe(40);
        const again = new Ipv6Header();
        expect(parseIpv6(bytes, start, header.payloadEnd + padding, again)).toBeNull();
        expect(again).toEqual(header);
      },
    ),
    { seed: 8200 },
  );
});

test.each([
  ['no extension', packet([]), 40],
  ['padding for every hop', packet([[HOP_BY_HOP, 0, ...PADN]]), 48],
  [
    'a router alert, and options of two units',
    packet([
      [HOP_BY_HOP, 0, 5, 2, 0, 0, 1, 0],
      [DESTINATION, 1, 1, 12, ...Array.from({ length: 12 }, () => 0)],
    ]),
    64,
  ],
  ['a route that has been gone', packet([[ROUTING, 0, 0, 0, 0, 0, 0, 0]]), 48],
  ['one fragment that is the whole', packet([[FRAGMENT, 0, 0, 0, 1, 2, 3, 4]]), 48],
  ['options that nobody knows and all may skip', packet([[DESTINATION, 0, 0x1e, 2, 7, 7, 0, 0]]), 48],
])('%s is skipped', (_what, bytes, payloadStart) => {
  expect(read(bytes)).toEqual({ protocol: TCP, payload: [payloadStart, payloadStart + 4] });
});

test.each([
  ['the first fragment', [FRAGMENT, 0, 0, 1, 1, 2, 3, 4] as const],
  ['a later fragment', [FRAGMENT, 0, 0, 8, 1, 2, 3, 4] as const],
])('%s is left whole for whoever puts fragments together', (_what, header) => {
  expect(read(packet([[HOP_BY_HOP, 0, ...PADN], header]))).toEqual({ protocol: FRAGMENT, payload: [48, 60] });
});

test.each([
  ['a route still to go', [[ROUTING, 0, 0, 1, 0, 0, 0, 0]] as const],
  [
    'a header for every hop that is not the first',
    [
      [DESTINATION, 0, ...PADN],
      [HOP_BY_HOP, 0, ...PADN],
    ],
  ],
  ['an option that says to discard', [[DESTINATION, 0, 0x7e, 2, 7, 7, 0, 0]] as const],
  ['an option that says to discard and to tell', [[HOP_BY_HOP, 0, 0xc2, 4, 0, 1, 0, 0]] as const],
])('%s is unsupported', (_what, chain) => {
  expect(read(packet(chain as never))).toEqual({ layer: 'ipv6', reason: 'unsupported', at: 40 });
});

test('an option may not leave its header, nor a header its packet', () => {
  expect(read(packet([[DESTINATION, 0, 1, 5, 0, 0, 0, 0]]))).toEqual({
    layer: 'ipv6',
    reason: 'bad-length',
    at: 40,
  });
  expect(read(packet([[DESTINATION, 1, ...PADN]]))).toEqual({ layer: 'ipv6', reason: 'truncated', at: 40 });
  expect(read(packet([[FRAGMENT]], 0))).toEqual({ layer: 'ipv6', reason: 'truncated', at: 40 });
});

test.each([
  ['shorter than its header', packet([]).subarray(0, 39), 'truncated', 0],
  ['of another version', packet([]).with(0, 0x45), 'unsupported', 0],
  ['longer than its frame', packet([]).with(5, 5), 'truncated', 4],
])('a packet %s is malformed', (_what, bytes, reason, at) => {
  expect(read(bytes)).toEqual({ layer: 'ipv6', reason, at });
});

test('a payload that the length cannot hold is misuse', () => {
  expect(() => writeIpv6(new Ipv6Header(), new Uint8Array(40), 0, 65_536)).toThrow(MisuseError);
});
