/** Malformed and hostile input, 23 to 39 of 40 kinds: segments that are well made and make no sense. */
import { expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

const SECOND = 1_000_000;
const WINDOW = 1000;

const established = () => new Dialogue().established();

/** Its receive window is `WINDOW` octets wide. */
const narrow = () => new Dialogue({ settings: { receiveBuffer: WINDOW } }).established();

/** A listener, and nobody connected; our numbers count from 0. */
function listening(): Dialogue {
  const d = new Dialogue().listen();
  d.iss = 0;
  return d;
}

function closed(): Dialogue {
  const d = new Dialogue();
  d.iss = 0;
  return d;
}

function synSent(): Dialogue {
  return new Dialogue().open().says('S 0:0(0)').silent();
}

function timeWait(): Dialogue {
  const d = established();
  d.it.close(d.now);
  return d.says('F. 1:1(0) ack 1').peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').state('TIME-WAIT');
}

const ROWS: readonly [number, string, () => void][] = [
  [
    23,
    'a closed port answers a SYN and an ACK by resets, and a reset by nothing',
    () => {
      closed().peer('S 7:7(0)').says('R. 0:0(0) ack 8').silent();
      closed().peer('S 7:17(10)').says('R. 0:0(0) ack 18').silent();
      closed().peer('. 7:17(10) ack 99').says('R 99:99(0)').silent();
      closed().peer('F. 7:7(0) ack 99').says('R 99:99(0)').silent();
      for (const reset of ['R 7:7(0)', 'R. 7:7(0) ack 99', 'RS 7:7(0)', 'RF. 7:7(0) ack 9'])
        closed().peer(reset).silent();
    },
  ],
  [
    24,
    'a listener ignores resets, resets ACKs, and drops what is neither SYN nor ACK',
    () => {
      for (const reset of ['R 7:7(0)', 'R. 7:7(0) ack 99', 'RS 7:7(0)']) listening().peer(reset).silent();
      listening().peer('. 7:7(0) ack 99').says('R 99:99(0)').silent();
      listening().peer('S. 7:7(0) ack 99').says('R 99:99(0)').silent();
      for (const rest of ['F 7:7(0)', 'P 7:17(10)', '- 7:17(10)', '- 7:7(0)'])
        listening().peer(rest).silent();
    },
  ],
  [
    25,
    'flags that contradict each other: a reset comes before a SYN, a SYN with a FIN opens nothing, none is dropped',
    () => {
      const all = 'FSRP.U 1:1(0) ack 1';
      listening().peer('SF 7:7(0)').silent();
      closed().peer('SF 7:7(0)').says('R. 0:0(0) ack 9').silent();
      established().peer('SR 1:1(0)').silent().state('CLOSED');
      established().peer('SR 500:500(0)').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
      established().peer('- 1:11(10)').silent().state('ESTABLISHED');
      established().peer('F 1:1(0)').silent().state('ESTABLISHED');
      established().peer('SF 1:1(0)').says('. 1:1(0) ack 1').state('ESTABLISHED');
      established().peer(all).silent().state('CLOSED');
      listening().peer(all).silent();
      closed().peer(all).silent();
      synSent().peer(all).silent().state('CLOSED');
    },
  ],
  [
    26,
    'octets on a SYN are acknowledged, and kept from the user until the connection is open',
    () => {
      const d = new Dialogue().listen();
      d.peer("S 0:10(10) 'abcdefghij'").says('S. 0:0(0) ack 11');
      const [connection] = d.listener?.opening ?? [];
      expect(connection.readable).toBe(0);
      d.peer('. 11:11(0) ack 1').accept();
      expect(d.receive()).toBe('abcdefghij');
      // What does not fit is not acknowledged.
      const small = new Dialogue({ settings: { receiveBuffer: 4 } }).listen();
      small.peer('S 0:10(10)').says('S. 0:0(0) ack 5 win 0');
    },
  ],
  [
    27,
    'in SYN-SENT, an ACK of anything but our SYN is reset, unless it is a reset',
    () => {
      for (const ack of [0, -1, 2, 2 ** 31]) {
        synSent()
          .peer(`S. 0:0(0) ack ${ack}`)
          .says(`R ${ack | 0}:${ack | 0}(0)`)
          .silent()
          .state('SYN-SENT');
        synSent()
          .peer(`. 0:0(0) ack ${ack}`)
          .says(`R ${ack | 0}:${ack | 0}(0)`)
          .silent()
          .state('SYN-SENT');
        synSent().peer(`R. 0:0(0) ack ${ack}`).silent().state('SYN-SENT');
      }
    },
  ],
  [
    28,
    'in SYN-SENT, a reset counts with the ACK of our SYN alone',
    () => {
      synSent().peer('R 0:0(0)').silent().state('SYN-SENT');
      const d = synSent().peer('R. 0:0(0) ack 1').silent().state('CLOSED');
      expect(d.it.error?.code).toBe('ECONNREFUSED');
      synSent().peer('. 0:0(0) ack 1').silent().state('SYN-SENT');
      synSent().peer('F 0:0(0)').silent().state('SYN-SENT');
    },
  ],
  [
    29,
    'a SYN for our SYN is a simultaneous open; nobody connects to himself',
    () => {
      const d = synSent().peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').state('SYN-RECEIVED');
      d.peer('. 1:1(0) ack 1').silent().state('ESTABLISHED');
      const self = new Dialogue();
      self.peerAddress = '10.0.0.1';
      expect(() => self.open()).toThrow(expect.objectContaining({ code: 'bad-address' }));
    },
  ],
  [
    30,
    'in SYN-RECEIVED, an ACK of anything but our SYN is reset',
    () => {
      for (const ack of [0, -1, 2, 2 ** 31]) {
        const d = new Dialogue().listen().peer('S 0:0(0)').says('S. 0:0(0) ack 1');
        d.peer(`. 1:1(0) ack ${ack}`)
          .says(`R ${ack | 0}:${ack | 0}(0)`)
          .silent();
        d.peer('. 1:1(0) ack 1').silent();
        d.accept();
        d.state('ESTABLISHED');
      }
    },
  ],
  [
    31,
    'an ACK of what was not sent, or older than the largest window, is answered and takes no octets, a few times a second',
    () => {
      const d = new Dialogue().established(WINDOW);
      d.send(5).says('P. 1:6(5) ack 1').peer('. 1:1(0) ack 6 win 1000');
      for (const ack of [7, 1000, 2 ** 31 - 1]) {
        d.peer(`P. 1:6(5) ack ${ack}`).says('. 6:6(0) ack 1').silent();
        expect(d.it.readable).toBe(0);
      }
      d.peer(`P. 1:6(5) ack ${6 - WINDOW - 1}`)
        .says('. 6:6(0) ack 1')
        .silent();
      expect(d.it.readable).toBe(0);
      // One that is merely old is good for its octets.
      d.peer(`P. 1:6(5) ack ${6 - WINDOW}`);
      expect(d.it.readable).toBe(5);
      let answers = 0;
      for (let i = 0; i < 100; i++) answers += d.peer('. 6:6(0) ack 999').hearAll().length;
      expect(answers).toBeLessThanOrEqual(10);
    },
  ],
  [
    32,
    'a SYN on an open connection is challenged, wherever it lies',
    () => {
      for (const at of [1, 0, 500, -500, 2 ** 31]) {
        established().peer(`S ${at}:${at}(0)`).says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
        established().peer(`S. ${at}:${at}(0) ack 1`).says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
      }
    },
  ],
  [
    33,
    'a reset counts at RCV.NXT; in the window it is challenged; outside it is nothing',
    () => {
      narrow().peer('R 1:1(0)').silent().state('CLOSED');
      for (const at of [2, 500, WINDOW])
        narrow().peer(`R ${at}:${at}(0)`).says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
      for (const at of [0, -1, WINDOW + 1, 2 ** 31])
        narrow().peer(`R ${at}:${at}(0)`).silent().state('ESTABLISHED');
    },
  ],
  [
    34,
    'octets outside the window are answered and not taken; those that overlap it are cut to it',
    () => {
      for (const [from, to] of [
        [-99, 1],
        [WINDOW + 1, WINDOW + 101],
        [2 ** 31, 2 ** 31 + 10],
      ]) {
        const d = narrow()
          .peer(`P. ${from}:${to}(${to - from}) ack 1`)
          .says('. 1:1(0) ack 1')
          .silent();
        expect(d.it.readable).toBe(0);
      }
      const left = narrow().peer('P. -9:11(20) ack 1');
      expect(left.receive()).toBe('abcdefghij');
      const right = narrow().peer(`P. 1:${WINDOW + 2}(${WINDOW + 1}) ack 1`);
      right.pass(40_000).says(`. 1:1(0) ack ${WINDOW + 1} win 0`);
      expect(right.it.readable).toBe(WINDOW);
      // With the window shut nothing is taken, not even the next octet.
      right
        .peer(`P. ${WINDOW + 1}:${WINDOW + 2}(1) ack 1`)
        .says(`. 1:1(0) ack ${WINDOW + 1} win 0`)
        .silent();
      expect(right.it.readable).toBe(WINDOW);
      // Neither the first nor the last octet of this one is in the window: by the RFC's test it is outside.
      const both = narrow().peer('P. -9:1400(1409) ack 1').says('. 1:1(0) ack 1').silent();
      expect(both.it.readable).toBe(0);
    },
  ],
  [
    35,
    'of octets that come twice and differ, the first stay',
    () => {
      const d = established();
      d.peer("P. 4:7(3) ack 1 'XYZ'").hearAll();
      d.peer("P. 1:10(9) ack 1 'abcdefghi'").hearAll();
      expect(d.receive()).toBe('abcXYZghi');
      d.peer("P. 1:12(11) ack 1 'AAAAAAAAAjk'");
      expect(d.receive()).toBe('jk');
    },
  ],
  [
    36,
    'sequence numbers that go round the ring, in octets, window and FIN',
    () => {
      for (const peerIss of [0xffff_fff0, 0xffff_fffe, 0xffff_ffff]) {
        const d = new Dialogue({ peerIss }).established();
        d.peer('P. 11:31(20) ack 1').says('. 1:1(0) ack 1').peer('P. 1:11(10) ack 1').says('. 1:1(0) ack 31');
        expect(d.receive()).toBe('abcdefghijklmnopqrstuvwxyzabcd');
        d.peer('F. 31:31(0) ack 1').says('. 1:1(0) ack 32').state('CLOSE-WAIT');
      }
      const fin = new Dialogue({ peerIss: 0xffff_fffe }).established();
      fin.peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2').state('CLOSE-WAIT');
      expect(fin.it.snapshot().rcv.nxt).toBe(0);
      const isn = { initialSequence: () => 0xffff_fff0 as never };
      const ours = new Dialogue({ parts: { isn } }).established();
      ours.send(3000).says('. 1:1461(1460) ack 1', '. 1461:2921(1460) ack 1').peer('. 1:1(0) ack 2921');
      ours.says('P. 2921:3001(80) ack 1').peer('. 1:1(0) ack 3001');
      expect(ours.it.unacknowledged).toBe(0);
    },
  ],
  [
    37,
    'urgent pointers of any value, with and without octets',
    () => {
      for (const urg of [0, 1, 5, 6, 1000, 65_535]) {
        const d = narrow().peer(`U. 1:1(0) ack 1 urg ${urg}`).silent();
        d.peer(`PU. 1:6(5) ack 1 urg ${urg}`).peer(`PU. 6:11(5) ack 1 urg ${urg}`);
        expect(d.receive()).toBe('abcdefghij');
        d.peer(`U 11:16(5) urg ${urg}`).state('ESTABLISHED');
      }
    },
  ],
  [
    38,
    'a window that shrinks, stays shut, opens unseen, or lets one octet through at a time',
    () => {
      const shrunk = established().send(2920).says('. 1:1461(1460) ack 1', 'P. 1461:2921(1460) ack 1');
      shrunk.peer('. 1:1(0) ack 1 win 100').peer('. 1:1(0) ack 1461 win 0').silent().state('ESTABLISHED');

      // The update is lost: a probe asks for it, and again, later each time, as long as it is answered.
      const shut = established().peer('. 1:1(0) ack 1 win 0').send(10).silent();
      let wait = 0;
      for (let probe = 0; probe < 20; probe++) {
        const before = shut.now;
        shut.now = shut.stack.pollTimeout();
        shut.stack.onTimeout(shut.now);
        expect(shut.hearAll()).toHaveLength(1);
        expect(shut.now - before).toBeGreaterThanOrEqual(Math.min(wait, 60 * SECOND));
        wait = shut.now - before;
        shut.peer('. 1:1(0) ack 1 win 0').silent();
      }
      expect(wait).toBe(60 * SECOND);
      shut.state('ESTABLISHED').peer('. 1:1(0) ack 1 win 1000');
      shut.says('. 1:2(1) ack 1').silent().peer('. 1:1(0) ack 2 win 1000').says('P. 2:11(9) ack 1');

      const tiny = new Dialogue().established(1).send(50);
      let segments = 0;
      for (let acked = 1; tiny.it.unacknowledged > 0 && segments < 200;) {
        const heard = tiny.hearAll();
        segments += heard.length;
        for (const line of heard) acked = Math.max(acked, Number(/:(\d+)\(/.exec(line)?.[1]));
        if (heard.length > 0) tiny.peer(`. 1:1(0) ack ${acked} win 1`);
        else {
          tiny.now = tiny.stack.pollTimeout();
          tiny.stack.onTimeout(tiny.now);
        }
      }
      expect([tiny.it.unacknowledged, segments]).toEqual([0, 50]);
    },
  ],
  [
    39,
    'FINs twice, early, late and where none belongs; resets and FINs in TIME-WAIT',
    () => {
      const twice = established().peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2').peer('F. 1:1(0) ack 1');
      twice.says('. 1:1(0) ack 2').silent().state('CLOSE-WAIT');
      twice.peer('P. 2:7(5) ack 1').hearAll();
      expect(twice.it.readable).toBe(0);

      const early = established().peer('F. 6:6(0) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
      early.peer('P. 1:6(5) ack 1').says('. 1:1(0) ack 7').state('CLOSE-WAIT');
      expect(early.receive()).toBe('abcde');

      closed().peer('F 7:7(0)').says('R. 0:0(0) ack 8').silent();
      listening().peer('F 7:7(0)').silent();
      synSent().peer('F 7:7(0)').silent().state('SYN-SENT');

      // An exact reset ends TIME-WAIT, any other does not: RFC 5961 in place of RFC 1337.
      timeWait().peer('R 2:2(0)').silent().state('CLOSED');
      timeWait().peer('R 3:3(0)').says('. 2:2(0) ack 2').state('TIME-WAIT');
      timeWait().peer('R 1:1(0)').silent().state('TIME-WAIT');
      const again = timeWait()
        .quietFor(200 * SECOND)
        .peer('F. 1:1(0) ack 2')
        .says('. 2:2(0) ack 2')
        .silent();
      again
        .quietFor(200 * SECOND)
        .state('TIME-WAIT')
        .quietFor(40 * SECOND)
        .state('CLOSED');
    },
  ],
];

test.each(ROWS)('%i: %s', (_row, _name, holds) => holds());

test('no kind is missing', () => {
  expect(ROWS.map(([row]) => row)).toEqual(Array.from({ length: 17 }, (_, i) => i + 23));
});
