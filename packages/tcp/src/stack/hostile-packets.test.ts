/** Malformed and hostile input, 1 to 10 of 40 kinds: frames, IP headers, TCP headers and checksums. */
import { expect, test } from 'vitest';
import { cutAt, piece } from '../../testing/cut-packet.ts';
import { Dialogue, pattern } from '../../testing/dialogue.ts';
import { dropped, give, rawPacket, sealIp } from '../../testing/raw-packet.ts';
import { createStack } from './stack.ts';

const established = () => new Dialogue().established();

/** A stack on an Ethernet, to which a frame of these octets after the addresses comes. */
function dropsFrame(frame: Uint8Array): number {
  const stack = createStack({
    mac: '02:00:00:00:00:01',
    address: '10.0.0.1',
    prefixLength: 24,
    random: () => 7,
    isnSecret: new Uint8Array(16),
  });
  stack.onFrame(0, frame, 0, frame.length);
  expect(stack.pollTransmit(0, new Uint8Array(stack.maxFrame), 0)).toBe(0);
  const counts = [...stack.counters.dropped.values(), ...stack.link.counters.dropped.values()];
  return counts.reduce((sum, count) => sum + count, 0);
}

function frameOf(packet: Uint8Array): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, ...packet);
}

const ROWS: readonly [number, string, () => void][] = [
  [
    1,
    'a frame shorter than its header, or with an IP header that is cut',
    () => {
      const frame = frameOf(rawPacket(new Dialogue()));
      for (let length = 0; length < 34; length++) expect(dropsFrame(frame.subarray(0, length))).toBe(1);
      for (let length = 0; length < 20; length++) {
        const d = established();
        dropped(d, rawPacket(d).slice(0, length), 'ipv4: truncated');
      }
    },
  ],
  [
    2,
    'another version, a header length under 5 words or beyond the frame',
    () => {
      for (let version = 0; version < 16; version++) {
        if (version === 4) continue;
        const packet = rawPacket(new Dialogue(), { versionAndLength: (version << 4) | 5 });
        expect(dropsFrame(frameOf(packet))).toBe(1);
      }
      const d = established();
      for (let words = 0; words < 5; words++)
        dropped(d, rawPacket(d, { versionAndLength: 0x40 | words }), 'ipv4: bad-length');
      for (let words = 11; words < 16; words++)
        dropped(d, rawPacket(d, { versionAndLength: 0x40 | words }), 'ipv4: truncated');
    },
  ],
  [
    3,
    'a total length beyond the frame, or too short for the headers',
    () => {
      const d = established();
      for (const totalLength of [41, 1500, 65_535])
        dropped(d, rawPacket(d, { totalLength }), 'ipv4: truncated');
      for (const totalLength of [0, 1, 19]) dropped(d, rawPacket(d, { totalLength }), 'ipv4: bad-length');
      for (const totalLength of [20, 21, 39]) dropped(d, rawPacket(d, { totalLength }), 'tcp: truncated');
    },
  ],
  [
    4,
    'padding behind the packet is no data',
    () => {
      const d = established();
      give(d, rawPacket(d, { padding: 6 })).silent();
      give(d, rawPacket(d, { padding: 1460 })).silent();
      expect(d.it.readable).toBe(0);
      give(d, rawPacket(d, { payload: 3, padding: 6 }));
      expect(d.receive()).toBe('abc');
    },
  ],
  [
    5,
    'a wrong checksum of the IP header: every bit counts',
    () => {
      const d = established();
      for (let bit = 0; bit < 160; bit++) {
        const packet = rawPacket(d, { payload: 5 });
        packet[bit >> 3] ^= 1 << (bit & 7);
        const before = d.it.snapshot();
        give(d, packet).silent();
        expect(d.it.snapshot()).toEqual(before);
      }
      const packet = rawPacket(d, { payload: 5 });
      packet[10] ^= 1;
      dropped(d, packet, 'ipv4: bad-checksum');
    },
  ],
  [
    6,
    'fragments: a part is never read as TCP, tiny ones are put together, those that overlap or are too long are dropped',
    () => {
      const d = established();
      const packet = rawPacket(d, { payload: 60 });
      // What looks like a header at the begin of a later fragment is data.
      const evil = rawPacket(d, { flags: 'R', seq: 1 }).slice(20);
      give(d, piece(packet, { from: 8, to: 32, more: true, bytes: new Uint8Array(24).fill(1) })).silent();
      dropped(
        d,
        piece(packet, { from: 0, to: 16, more: true, bytes: evil.slice(0, 16) }),
        'ipv4: fragment overlaps',
      );
      d.state('ESTABLISHED').pass(60_000_000);
      give(d, ...cutAt(packet, [8, 16, 24, 32, 40, 48, 56, 64, 72]));
      expect(d.receive()).toBe(String.fromCharCode(...pattern(60)));
      const beyond = { from: 65_528, to: 65_536, more: false, bytes: new Uint8Array(8) };
      dropped(d, piece(packet, beyond), 'ipv4: fragment bad-length');
    },
  ],
  [
    7,
    'a data offset of 0 to 4 words',
    () => {
      const d = established();
      for (let dataOffset = 0; dataOffset < 5; dataOffset++) {
        dropped(d, rawPacket(d, { dataOffset, payload: 10 }), 'tcp: bad-length');
        dropped(d, rawPacket(d, { dataOffset }), 'tcp: bad-length');
      }
    },
  ],
  [
    8,
    'a data offset beyond the segment',
    () => {
      const d = established();
      for (let dataOffset = 6; dataOffset < 16; dataOffset++) {
        dropped(d, rawPacket(d, { dataOffset }), 'tcp: bad-length');
        dropped(d, rawPacket(d, { dataOffset, payload: dataOffset * 4 - 21 }), 'tcp: bad-length');
      }
    },
  ],
  [
    9,
    'a wrong TCP checksum, one of 0, and an odd number of octets',
    () => {
      const d = established();
      for (const payload of [0, 1, 5, 8, 1459]) {
        const packet = rawPacket(d, { payload });
        for (const bit of [0, 33, 70, 106, 130, 159, packet.length * 8 - 161]) {
          if (20 + (bit >> 3) >= packet.length) continue;
          const wrong = packet.slice();
          wrong[20 + (bit >> 3)] ^= 1 << (bit & 7);
          // Of what it covers, the length of the header is looked at first.
          const before = d.it.snapshot();
          give(d, wrong).silent();
          expect(d.it.snapshot()).toEqual(before);
        }
      }
      const absent = rawPacket(d, {
        payload: 5,
        spoil(packet) {
          packet[36] = 0;
          packet[37] = 0;
        },
      });
      dropped(d, absent, 'tcp: bad-checksum');
      // A right sum may be 0 as well: the last word of the payload makes it so.
      const zero = new Uint8Array(6);
      const sum = rawPacket(d, { payload: zero }).slice(36, 38);
      zero.set(sum, 4);
      const right = rawPacket(d, { payload: zero });
      expect(right.slice(36, 38)).toEqual(Uint8Array.of(0, 0));
      give(d, right, rawPacket(d, { seq: 7, payload: 3 }));
      expect(d.it.readable).toBe(9);
    },
  ],
  [
    10,
    'a checksum that was right for other addresses',
    () => {
      const d = established();
      const spoil = (packet: Uint8Array) => {
        packet[15] ^= 9;
        sealIp(packet);
      };
      d.peerAddress = '10.0.0.11';
      const packet = rawPacket(d, { payload: 5, spoil });
      expect(packet[15]).toBe(2);
      d.peerAddress = '10.0.0.2';
      dropped(d, packet, 'tcp: bad-checksum');
    },
  ],
];

test.each(ROWS)('%i: %s', (_row, _name, holds) => holds());

test('no kind is missing', () => {
  expect(ROWS.map(([row]) => row)).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
});
