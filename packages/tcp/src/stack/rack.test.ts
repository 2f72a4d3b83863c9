/** Losses seen by time, and probes for those that nothing tells of. @rfc 8985 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

const MSS = 1000;
/** The round-trip time of each test, in µs. */
const RTT = 100_000;
const at = (segment: number) => 1 + segment * MSS;
const data = (first: number, count = 1) =>
  Array.from({ length: count }, (_, i) => `. ${at(first + i)}:${at(first + i + 1)}(${MSS}) ack 1`);
const last = (segment: number) => `P${data(segment)[0]}`;
const sack = (...edges: number[]) =>
  `<sack ${Array.from({ length: edges.length / 2 }, (_, i) => `${at(edges[2 * i])}:${at(edges[2 * i + 1])}`).join(' ')}>`;

/** Established over a round trip of RTT, with `window` segments to begin with. */
function established(window: number, settings = {}): Dialogue {
  const d = new Dialogue({
    settings: { sack: true, rack: true, minRto: 1, initialWindow: window * MSS, ...settings },
  });
  d.listen().peer('S 0:0(0) win 65535 <mss 1000,sackOK>').says('S. 0:0(0) ack 1');
  d.pass(RTT).peer('. 1:1(0) ack 1').silent().accept();
  return d;
}

/** `segments` leave together and are all there is to send; a round trip passes without a probe. */
function flown(segments: number, settings = {}): Dialogue {
  const d = established(segments, settings);
  d.send(segments * MSS)
    .says(...data(0, segments - 1), last(segments - 1))
    .silent();
  d.now += RTT;
  return d;
}

describe('a segment', () => {
  // Proves: RFC8985-6.2-s5 RFC8985-6.2-s4
  test('that is passed by a single later one is lost after a quarter of a round trip, and not before', () => {
    const d = flown(5);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`).quietFor(RTT / 4 - 1);
    d.pass(1)
      .says(...data(0))
      .silent();
    expect(d.it.snapshot().ssthresh).toBe(2 * MSS + MSS / 2);
  });

  // Proves: RFC8985-6.2-s4
  test('is lost at once when three later ones have arrived and none ever came late', () => {
    flown(5)
      .peer(`. 1:1(0) ack 1 ${sack(1, 4)}`)
      .says(...data(0))
      .silent();
  });

  // Proves: RFC8985-6.2-s3 RFC8985-3.3.2
  test('is waited for where others came late before, however many pass it', () => {
    const d = flown(8);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`)
      .peer(`. 1:1(0) ack ${at(2)}`)
      .silent();
    d.peer(`. 1:1(0) ack ${at(2)} ${sack(3, 8)}`).quietFor(RTT / 4 - 1);
    d.pass(1)
      .says(...data(2))
      .silent();
  });

  // Proves: RFC8985-6.2-s5
  test('that left after the one which arrived is not suspected', () => {
    const d = established(4);
    d.send(2 * MSS).says(...data(0), last(1));
    d.now += RTT / 2;
    d.send(2 * MSS).says(...data(2), last(3));
    d.now += RTT / 2;
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`);
    d.pass(RTT / 4)
      .says(...data(0))
      .silent();
    expect(d.it.snapshot().inFlight).toBe(3 * MSS);
  });

  // Proves: RFC8985-6.2-s5 RFC5681-4.3
  test('that was sent again and lost again is sent a third time, without the timer, at half the speed', () => {
    const d = established(10);
    d.send(20 * MSS).hearAll();
    d.now += RTT;
    d.peer(`. 1:1(0) ack 1 ${sack(1, 5)}`);
    expect(d.hear()).toContain('1:1001');
    d.hearAll();
    expect(d.it.snapshot().ssthresh).toBe(5 * MSS);
    // What left after the retransmission arrives, and the retransmission does not.
    d.now += 2000;
    d.peer(`. 1:1(0) ack 1 ${sack(1, 10)}`);
    expect(d.hearAll().length).toBeGreaterThan(0);
    d.now += RTT;
    const { snd, iss, ssthresh } = d.it.snapshot();
    d.peer(`. 1:1(0) ack 1 <sack ${at(1)}:${snd.nxt - iss}>`);
    expect(d.hear()).toContain('1:1001');
    expect(d.it.snapshot().ssthresh).toBeLessThan(ssthresh);
  });
});

describe('the window for late segments', () => {
  // Proves: RFC8985-6.2-s4
  test('grows by a quarter of the shortest round trip with each round in which something came twice', () => {
    const d = flown(8);
    // Segment 0 came late, twice: the window is two quarters now.
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`).peer(`. 1:1(0) ack ${at(2)}`);
    d.peer(`. 1:1(0) ack ${at(2)} ${sack(0, 1)}`).peer(`. 1:1(0) ack ${at(2)} ${sack(0, 1)}`);
    d.peer(`. 1:1(0) ack ${at(2)} ${sack(3, 4)}`).quietFor(RTT / 2 - 1);
    d.pass(1).says(...data(2));
  });
});

describe('a tail loss probe', () => {
  // Proves: RFC8985-7.2 RFC8985-7.3-retransmit
  test('sends the last segment again after two round trips, and the timer starts anew', () => {
    const d = established(4);
    d.send(4 * MSS).says(...data(0, 3), last(3));
    d.quietFor(2 * RTT - 1)
      .pass(1)
      .says(last(3))
      .silent();
    const { rto } = d.it.snapshot();
    expect(d.stack.pollTimeout()).toBe(d.now + rto);
    // With it, the peer has the last, and tells of the hole before it.
    d.now += RTT;
    d.peer(`. 1:1(0) ack ${at(2)} ${sack(3, 4)}`);
    d.pass(RTT / 4)
      .says(...data(2))
      .silent();
  });

  // Proves: RFC8985-7.2
  test('waits longer where a single segment is out: its ACK may be delayed', () => {
    const d = established(4, { minRto: 1_000_000 });
    d.send(MSS).says(last(0));
    d.quietFor(2 * RTT + 199_999)
      .pass(1)
      .says(last(0));
  });

  // Proves: RFC8985-7.3-new
  test('rather sends something new, beyond the congestion window', () => {
    const d = established(4);
    d.send(8 * MSS)
      .says(...data(0, 4))
      .silent();
    d.quietFor(2 * RTT - 1)
      .pass(1)
      .says(...data(4))
      .silent();
  });

  // Proves: RFC8985-7.3-new
  test('sends nothing that the peer has no room for', () => {
    const d = established(4);
    d.send(8 * MSS)
      .says(...data(0, 4))
      .silent();
    d.peer(`. 1:1(0) ack 1 win ${4 * MSS}`);
    d.pass(2 * RTT)
      .says(...data(3))
      .silent();
  });

  // Proves: RFC8985-7.3-once
  test('is not followed by another, but by the timer', () => {
    const d = established(4);
    d.send(4 * MSS).hearAll();
    d.pass(2 * RTT)
      .says(last(3))
      .silent();
    const { rto } = d.it.snapshot();
    d.quietFor(rto - 1)
      .pass(1)
      .says(...data(0))
      .silent();
    expect(d.it.snapshot().cwnd).toBe(MSS);
  });

  // Proves: RFC8985-7.2
  test('is not made while something beyond a hole has arrived', () => {
    const d = established(4, { minRto: 1_000_000 });
    d.send(4 * MSS).hearAll();
    d.now += RTT;
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`);
    d.pass(RTT / 4)
      .says(...data(0))
      .silent();
    d.quietFor(500_000);
  });

  // Proves: RFC8985-7.4.2
  test('that repaired a loss halves the window, as a recovery would', () => {
    const d = flown(10);
    d.peer(`. 1:1(0) ack ${at(9)}`).quietFor(2 * RTT);
    d.pass(200_000).says(last(9));
    d.now += RTT;
    const { cwnd } = d.it.snapshot();
    d.send(MSS).says(last(10));
    d.now += RTT;
    d.peer(`. 1:1(0) ack ${at(11)}`);
    expect(d.it.snapshot().cwnd).toBeLessThan(cwnd);
  });

  // Proves: RFC8985-7.4.2
  test.each([
    ['a duplicate of it', `. 1:1(0) ack ${at(10)} ${sack(9, 10)}`],
    ['an ACK without anything new', `. 1:1(0) ack ${at(10)}`],
  ])('that was not needed, by %s, costs nothing', (_, answer) => {
    const d = flown(10);
    d.peer(`. 1:1(0) ack ${at(9)}`).quietFor(2 * RTT);
    d.pass(200_000).says(last(9));
    d.send(MSS).says(last(10));
    d.now += 50_000;
    d.peer(`. 1:1(0) ack ${at(10)}`);
    const { ssthresh } = d.it.snapshot();
    d.peer(answer);
    d.now += 50_000;
    d.peer(`. 1:1(0) ack ${at(11)}`);
    expect(d.it.snapshot().ssthresh).toBe(ssthresh);
  });
});

// Proves: RFC8985-6.3
test('after the timer, only what had time enough to be acknowledged is lost', () => {
  const d = established(8);
  d.send(4 * MSS).hearAll();
  d.pass(2 * RTT).says(last(3));
  const expiry = d.now + d.it.snapshot().rto;
  d.now = expiry - RTT / 2;
  d.send(4 * MSS)
    .says(...data(4, 3), last(7))
    .silent();
  d.quietFor(RTT / 2 - 1)
    .pass(1)
    .says(...data(0))
    .silent();
  // What left half a round trip ago is still taken for being under way.
  expect(d.it.snapshot()).toMatchObject({ cwnd: MSS, inFlight: 5 * MSS });
});

// Proves: RFC8985-4
test('without selective acknowledgements, duplicate ACKs count as ever', () => {
  const d = new Dialogue({ settings: { sack: true, rack: true, initialWindow: 8 * MSS } });
  d.established(65_535, 'mss 1000')
    .send(8 * MSS)
    .hearAll();
  for (let i = 0; i < 2; i++) d.peer('. 1:1(0) ack 1').silent();
  d.peer('. 1:1(0) ack 1')
    .says(...data(0))
    .silent();
});
