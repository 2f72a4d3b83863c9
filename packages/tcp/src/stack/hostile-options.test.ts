/** Malformed and hostile input, 11 to 22 of 40 kinds: options of TCP. */
import { expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { dropped, give, rawPacket } from '../../testing/raw-packet.ts';

const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const KINDS = [MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS, 253];

const established = () => new Dialogue().established();
const BAD = 'tcp: bad-length';

/** An open connection whose peer sent these octets as the options of its SYN. */
function opened(options: readonly number[], settings = {}): Dialogue {
  const d = new Dialogue({ settings }).listen();
  give(d, rawPacket(d, { flags: 'S', seq: 0, options }));
  d.says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1');
  d.accept();
  return d;
}

/** The payload of the first segment that goes out when plenty waits. */
function firstSegment(d: Dialogue): number {
  d.send(5000);
  return Number(/\((\d+)\)/.exec(d.hear() ?? '')?.[1]);
}

/** With so many octets out in segments of 100. */
function flying(segments: number): Dialogue {
  const d = new Dialogue({ settings: { sack: true, nagle: false } }).established(65_535, 'mss 1460,sackOK');
  for (let i = 0; i < segments; i++) d.send(100).says(`P. ${1 + 100 * i}:${101 + 100 * i}(100) ack 1`);
  return d;
}

const ROWS: readonly [number, string, () => void][] = [
  [
    11,
    'a length of 0 ends the reading, and the segment',
    () => {
      const d = established();
      for (const kind of KINDS) dropped(d, rawPacket(d, { options: [kind, 0, 5, 180], payload: 4 }), BAD);
      for (const kind of KINDS) dropped(d, rawPacket(d, { options: [NOP, NOP, NOP, NOP, kind, 0] }), BAD);
    },
  ],
  [
    12,
    'a length of 1, too',
    () => {
      const d = established();
      for (const kind of KINDS) dropped(d, rawPacket(d, { options: [kind, 1, 5, 180], payload: 4 }), BAD);
    },
  ],
  [
    13,
    'a length that goes beyond the header: nothing behind it is read',
    () => {
      const d = established();
      for (const kind of KINDS) {
        for (const length of [5, 6, 40, 255])
          dropped(d, rawPacket(d, { options: [kind, length, 5, 180], payload: 300 }), BAD);
      }
      // Five blocks would be 42 octets: the header has room for 40.
      dropped(d, rawPacket(d, { options: [SACK, 42, ...Array<number>(38).fill(1)] }), BAD);
    },
  ],
  [
    14,
    'a kind without a length at the end',
    () => {
      const d = established();
      for (const kind of KINDS) dropped(d, rawPacket(d, { options: [NOP, NOP, NOP, kind] }), BAD);
    },
  ],
  [
    15,
    'octets behind the end of the list, forty no-operations, forty octets of options',
    () => {
      const d = established();
      const lists = [
        [0, MSS, 0, 0, 255, 255, 255, 255],
        Array<number>(40).fill(NOP),
        [...Array<number>(36).fill(NOP), 253, 4, 1, 2],
        [TIMESTAMPS, 10, ...Array<number>(8).fill(9), ...Array<number>(26).fill(0), 1, 1, 1, 1],
      ];
      for (const [i, options] of lists.entries()) give(d, rawPacket(d, { options, seq: 1 + i, payload: 1 }));
      expect(d.receive()).toBe('abcd');
    },
  ],
  [
    16,
    'an unknown kind is passed over by its length',
    () => {
      const d = established();
      for (let kind = 9; kind < 256; kind++) {
        give(d, rawPacket(d, { options: [kind, 2, kind, 6, 9, 9, 9, 9], seq: kind - 8, payload: 1 }));
        expect(d.receive().length, `kind ${kind}`).toBe(1);
      }
    },
  ],
  [
    17,
    'an MSS of another length is none; one of 0, 1 or 65,535 is kept within bounds',
    () => {
      expect(firstSegment(opened([]))).toBe(536);
      expect(firstSegment(opened([MSS, 3, 1, 0]))).toBe(536);
      expect(firstSegment(opened([MSS, 5, 1, 0, 0]))).toBe(536);
      // 0 means nothing: the default.
      expect(firstSegment(opened([MSS, 4, 0, 0]))).toBe(536);
      expect(firstSegment(opened([MSS, 4, 0, 1]))).toBe(48);
      expect(firstSegment(opened([MSS, 4, 255, 255]))).toBe(1460);
    },
  ],
  [
    18,
    'an MSS later than the SYN is ignored; of two on a SYN the last counts',
    () => {
      const d = opened([MSS, 4, 2, 0]);
      give(d, rawPacket(d, { options: [MSS, 4, 0, 100] }));
      expect(firstSegment(d)).toBe(512);
      expect(firstSegment(opened([MSS, 4, 2, 0, MSS, 4, 3, 0]))).toBe(768);
    },
  ],
  [
    19,
    'a window scale beyond 14 is 14',
    () => {
      for (let shift = 13; shift < 256; shift++) {
        const d = new Dialogue().listen();
        give(d, rawPacket(d, { flags: 'S', seq: 0, options: [WINDOW_SCALE, 3, shift] }));
        d.says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1 win 1');
        expect(d.accept().snapshot().snd).toMatchObject({
          scale: Math.min(14, shift),
          wnd: 2 ** Math.min(14, shift),
        });
      }
    },
  ],
  [
    20,
    'window scale, SACK or timestamps of one side alone, or later than the SYNs, are not in use',
    () => {
      const all = { sack: true, timestamps: true, receiveBuffer: 1_000_000 };
      const answer = (options: string) => {
        const d = new Dialogue({ settings: all }).listen();
        d.peer(`S 0:0(0) win 65535 <${options}>`);
        return d.hear() ?? '';
      };
      expect(answer('mss 1460')).not.toMatch(/wscale|sackOK|TS/);
      expect(answer('mss 1460,sackOK')).toMatch(/<mss 1460,sackOK>$/);
      expect(answer('mss 1460,wscale 3')).toMatch(/<mss 1460,wscale \d+>$/);
      // The peer's SYN,ACK declines what our SYN offers.
      const d = new Dialogue({ settings: all }).open();
      expect(d.hear()).toMatch(/sackOK,TS .*wscale/);
      d.peer('S. 0:0(0) ack 1 win 100 <mss 1460>').says('. 1:1(0) ack 1');
      give(d, rawPacket(d, { options: [SACK_PERMITTED, 2, WINDOW_SCALE, 3, 7], win: 100 })).silent();
      expect(d.it.snapshot().snd).toMatchObject({ scale: 0, wnd: 100 });
      d.peer('P. 6:11(5) ack 1');
      expect(d.hear()).not.toMatch(/sack|TS/);
    },
  ],
  [
    21,
    'timestamps: missing once they are agreed on, older than the last, or an echo of what was never sent',
    () => {
      const settings = { timestamps: true, minRto: 200_000 };
      const d = new Dialogue({ settings }).listen();
      d.peer('S 0:0(0) <mss 1460,TS val 1000 ecr 0>').says('S. 0:0(0) ack 1');
      d.peer('. 1:1(0) ack 1 <TS val 1000 ecr 0>');
      expect(d.accept().tcb.options.timestamps).toBe(true);
      d.peer('P. 1:6(5) ack 1').silent();
      expect(d.it.readable).toBe(0);
      d.peer('P. 1:6(5) ack 1 <TS val 999 ecr 0>').says('. 1:1(0) ack 1').silent();
      expect(d.it.readable).toBe(0);
      d.send(5).hear();
      d.pass(100_000);
      d.peer('. 1:1(0) ack 6 <TS val 1001 ecr 99999999>');
      // The ACK counts; its echo does not, for nothing is older than the connection: our own clock tells 100 ms.
      expect(d.it.unacknowledged).toBe(0);
      expect(d.it.snapshot()).toMatchObject({ srtt: 12_500, rttvar: 25_000 });
      // A reset needs none. RFC 7323 §3.2.
      d.peer('R 1:1(0)').state('CLOSED');
    },
  ],
  [
    22,
    'SACK blocks that are empty, turned round, acknowledged, never sent, or half a ring long mark nothing',
    () => {
      for (const block of [
        '201:201',
        '301:201',
        '-99:1',
        '-500:101',
        '1001:1101',
        '901:1101',
        '2147483000:201',
        '101:2147484000',
      ]) {
        const d = flying(10);
        d.peer('. 1:1(0) ack 101');
        d.hearAll();
        const { tcb } = d.it;
        for (let i = 0; i < 5; i++) d.peer(`. 1:1(0) ack 101 <sack ${block}>`);
        expect(tcb.recovery.queue.sackedOctets, block).toBe(0);
        expect(tcb.snd.una, block).toBe(((d.iss ?? 0) + 101) >>> 0);
      }
      const d = flying(10);
      // One that is good between others that are not still counts.
      d.peer('. 1:1(0) ack 101 <sack 5000:6000 301:401 101:101>');
      expect(d.it.tcb.recovery.queue.sackedOctets).toBe(100);
      // An option of a length that holds no whole blocks is none.
      give(d, rawPacket(d, { ack: 101, options: [SACK, 12, ...Array<number>(10).fill(0)] }));
      expect(d.it.tcb.recovery.queue.sackedOctets).toBe(100);
    },
  ],
];

test.each(ROWS)('%i: %s', (_row, _name, holds) => holds());

test('no kind is missing', () => {
  expect(ROWS.map(([row]) => row)).toEqual(Array.from({ length: 12 }, (_, i) => i + 11));
});
