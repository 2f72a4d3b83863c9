/** Selective acknowledgements, as receiver and as sender. @rfc 2018, 2883, 6675 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

const MSS = 1000;
const at = (segment: number) => 1 + segment * MSS;
const data = (first: number, count = 1) =>
  Array.from({ length: count }, (_, i) => `. ${at(first + i)}:${at(first + i + 1)}(${MSS}) ack 1`);
/** Blocks by segment numbers: `sack(2, 4)` tells of segments 2 and 3. */
const sack = (...edges: number[]) => {
  const blocks = Array.from(
    { length: edges.length / 2 },
    (_, i) => `${at(edges[2 * i])}:${at(edges[2 * i + 1])}`,
  );
  return `<sack ${blocks.join(' ')}>`;
};

function established(settings = {}): Dialogue {
  return new Dialogue({ settings: { sack: true, ...settings } }).established(65_535, 'mss 1000,sackOK');
}

/** With `segments` in flight, and as many more waiting; nothing is acknowledged. */
function flying(segments: number, settings = {}): Dialogue {
  const d = established({ initialWindow: segments * MSS, ...settings });
  d.send(2 * segments * MSS)
    .says(...data(0, segments))
    .silent();
  d.now += 10_000;
  return d;
}

describe('a receiver', () => {
  /** The peer sends segment number `n`. */
  const comes = (d: Dialogue, n: number) => d.peer(`. ${at(n)}:${at(n + 1)}(${MSS}) ack 1`);

  test('tells of what lies beyond a hole, the newest first, and of each block again while there is room', () => {
    const d = established();
    comes(d, 1).says(`. 1:1(0) ack 1 ${sack(1, 2)}`);
    comes(d, 3).says(`. 1:1(0) ack 1 ${sack(3, 4, 1, 2)}`);
    comes(d, 5).says(`. 1:1(0) ack 1 ${sack(5, 6, 3, 4, 1, 2)}`);
    comes(d, 7).says(`. 1:1(0) ack 1 ${sack(7, 8, 5, 6, 3, 4, 1, 2)}`);
    comes(d, 9).says(`. 1:1(0) ack 1 ${sack(9, 10, 7, 8, 5, 6, 3, 4)}`);
    // A block that grows comes first, and swallows its neighbour.
    comes(d, 4).says(`. 1:1(0) ack 1 ${sack(3, 6, 9, 10, 7, 8, 1, 2)}`);
    // What fills the first hole is acknowledged; the rest stays.
    comes(d, 0).says(`. 1:1(0) ack ${at(2)} ${sack(3, 6, 9, 10, 7, 8)}`);
    comes(d, 2).says(`. 1:1(0) ack ${at(6)} ${sack(9, 10, 7, 8)}`);
  });

  test('has room for three blocks beside timestamps', () => {
    const d = new Dialogue({ settings: { sack: true, timestamps: true } });
    d.listen().peer('S 0:0(0) win 65535 <mss 1000,sackOK,TS val 1 ecr 0>').hearAll();
    d.peer('. 1:1(0) ack 1 <TS val 1 ecr 0>').accept();
    const comes = (n: number) => d.peer(`. ${at(n)}:${at(n + 1)}(${MSS}) ack 1 <TS val 1 ecr 0>`);
    for (const n of [1, 3, 5]) comes(n);
    d.hearAll();
    comes(7);
    expect(d.hear()).toContain(sack(7, 8, 5, 6, 3, 4).slice(1, -1));
  });

  test('says nothing of the kind to a peer that did not permit it', () => {
    const d = new Dialogue({ settings: { sack: true } }).established();
    comes(d, 1);
    expect(d.hear()).toBe('. 1:1(0) ack 1 win 65535');
  });

  test('makes room for a block beside octets of its own', () => {
    const d = established();
    comes(d, 1).says(`. 1:1(0) ack 1 ${sack(1, 2)}`);
    d.send(MSS);
    d.says(`. 1:989(988) ack 1 ${sack(1, 2)}`).peer('. 2001:2001(0) ack 989');
    d.says(`P. 989:1001(12) ack 1 ${sack(1, 2)}`);
  });

  describe('that gets octets twice tells once of them, in front,', () => {
    test('when they are acknowledged already', () => {
      const d = established();
      comes(d, 0);
      comes(d, 1).says(`. 1:1(0) ack ${at(2)}`);
      comes(d, 0).says(`. 1:1(0) ack ${at(2)} ${sack(0, 1)}`);
      comes(d, 3).says(`. 1:1(0) ack ${at(2)} ${sack(3, 4)}`);
      comes(d, 1).says(`. 1:1(0) ack ${at(2)} ${sack(1, 2, 3, 4)}`);
      comes(d, 4).says(`. 1:1(0) ack ${at(2)} ${sack(3, 5)}`);
    });

    test('when they are among what lies beyond a hole', () => {
      const d = established();
      comes(d, 2);
      comes(d, 3);
      d.hearAll();
      comes(d, 2).says(`. 1:1(0) ack 1 ${sack(2, 3, 2, 4)}`);
    });

    test('when only their begin is old', () => {
      const d = established();
      comes(d, 0);
      comes(d, 1).says(`. 1:1(0) ack ${at(2)}`);
      d.peer(`. ${at(1)}:${at(3)}(${2 * MSS}) ack 1`).says(`. 1:1(0) ack ${at(3)} ${sack(1, 2)}`);
    });
  });
});

describe('a sender', () => {
  test('sends each hole again once three segments beyond it have arrived, the first at once', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`)
      .says(...data(10))
      .silent();
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, 4)}`)
      .says(...data(11))
      .silent();
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, 5)}`)
      .says(...data(0))
      .silent();
    // Half of the ten that were in flight at first: what limited transmit added does not count.
    expect(d.it.snapshot()).toMatchObject({ ssthresh: 5 * MSS, cwnd: 5 * MSS, inFlight: 9 * MSS });
    // Segment 2 is lost from the next one on, and waits until less is in flight than the window allows.
    for (let n = 6; n <= 8; n++) d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, n)}`).silent();
    expect(d.it.snapshot().inFlight).toBe(5 * MSS);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, 9)}`)
      .says(...data(2))
      .silent();
    expect(d.it.snapshot().inFlight).toBe(5 * MSS);
  });

  test('knows from one ACK that a segment is lost, when enough lies beyond it', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 4)}`)
      .says(...data(0))
      .silent();
  });

  test('counts only ACKs that tell something new, whatever their window', () => {
    const d = flying(10);
    for (let i = 0; i < 5; i++) d.peer(`. 1:1(0) ack 1 win 65535 ${sack(1, 2)}`);
    d.says(...data(10)).silent();
    for (let i = 0; i < 5; i++) d.peer('. 1:1(0) ack 1');
    d.silent();
    d.peer(`. 1:1(0) ack 1 win 60000 ${sack(1, 3)}`)
      .says(...data(11))
      .silent();
    d.peer(`. 1:1(0) ack 1 win 50000 ${sack(1, 4)}`)
      .says(...data(0))
      .silent();
  });

  test('sends new octets in a recovery as what is in flight allows, and ends it at ssthresh', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 4)}`)
      .says(...data(0))
      .silent();
    d.peer(`. 1:1(0) ack 1 ${sack(1, 7)}`)
      .says(...data(10))
      .silent();
    d.peer(`. 1:1(0) ack 1 ${sack(1, 9)}`)
      .says(...data(11, 2))
      .silent();
    d.peer(`. 1:1(0) ack ${at(10)}`);
    expect(d.it.snapshot()).toMatchObject({ cwnd: 4 * MSS, ssthresh: 5 * MSS });
  });

  test('fills further holes before it sends anything new', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, 4, 5, 9)}`);
    d.says(...data(0), ...data(2), ...data(4), ...data(10)).silent();
  });

  // Proves: RFC6675-4-nextseg3 RFC6675-4-rescue
  test('with nothing new to send tries a hole that may not be lost, and once the last segment', () => {
    const d = established({ initialWindow: 10 * MSS });
    d.send(10 * MSS).hearAll();
    d.now += 10_000;
    d.peer(`. 1:1(0) ack 1 ${sack(1, 6, 7, 8)}`);
    // Only one segment lies beyond 6, so that nothing says it is lost: there are two of it in flight now.
    d.says(...data(0), ...data(6)).silent();
    expect(d.it.snapshot().inFlight).toBe(5 * MSS);
    // 8 and 9 have none beyond them. The last may bring an ACK that tells of both.
    d.peer(`. 1:1(0) ack ${at(6)} ${sack(7, 8)}`)
      .says(`P${data(9)[0]}`)
      .silent();
    d.peer(`. 1:1(0) ack ${at(8)}`).silent();
  });

  // Proves: RFC2018-5-rto RFC2018-5-left RFC2018-5.1
  test('forgets what was selected when the timer expires, and sends the oldest segment whatever was said of it', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2)}`).hearAll();
    d.pass(1_000_000)
      .says(...data(0))
      .silent();
    expect(d.it.snapshot()).toMatchObject({ inFlight: MSS, cwnd: MSS });
    // What it is told after the timeout counts again.
    d.now += 10_000;
    d.peer(`. 1:1(0) ack ${at(1)} ${sack(1, 2)}`);
    const { snd, iss } = d.it.snapshot();
    expect(snd.una - iss).toBe(at(1));
  });

  test('begins no recovery after a timeout before all that was out is acknowledged', () => {
    const d = flying(10);
    d.pass(1_000_000)
      .says(...data(0))
      .silent();
    const { ssthresh } = d.it.snapshot();
    d.peer(`. 1:1(0) ack 1 ${sack(1, 2, 3, 4, 5, 9)}`);
    expect(d.it.snapshot().ssthresh).toBe(ssthresh);
    d.hearAll();
    d.peer(`. 1:1(0) ack ${at(10)}`);
    for (let n = d.hearAll().length; n > 0; n = d.hearAll().length) d.now += 1000;
    const before = d.it.snapshot();
    expect(before.snd.nxt - before.snd.una).toBeGreaterThanOrEqual(2 * MSS);
  });

  // Proves: RFC2018-8-keep RFC2018-8-renege
  test('that sees a peer take back what it selected trusts none of it', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 3)}`).hearAll();
    d.peer(`. 1:1(0) ack ${at(1)}`).hearAll();
    const { snd, inFlight } = d.it.snapshot();
    expect(inFlight).toBe(snd.nxt - snd.una);
  });

  test('believes no block of what it never sent, or of what is acknowledged', () => {
    const d = flying(10);
    d.peer(`. 1:1(0) ack 1 <sack ${at(9)}:${at(11)}>`).silent();
    d.peer(`. 1:1(0) ack 1 <sack ${at(5)}:${at(4)}>`).silent();
    d.peer(`. 1:1(0) ack ${at(2)} ${sack(0, 1)}`);
    d.hearAll();
    const { snd, inFlight, duplicateAcks } = d.it.snapshot();
    expect([inFlight, duplicateAcks]).toEqual([snd.nxt - snd.una, 0]);
  });

  // Proves: RFC6298-3b
  test('takes a round-trip time from what is selected', () => {
    const d = flying(10, { minRto: 1 });
    const { srtt } = d.it.snapshot();
    d.now += 90_000;
    d.peer(`. 1:1(0) ack 1 ${sack(5, 6)}`);
    expect(d.it.snapshot().srtt).toBe(Math.round(((srtt ?? 0) * 7 + 100_000) / 8));
  });

  // Proves: RFC5681-4.3
  test('takes a loss of what it sent again for a second sign of congestion', () => {
    const d = flying(20);
    d.peer(`. 1:1(0) ack 1 ${sack(1, 20)}`).hearAll();
    expect(d.it.snapshot().ssthresh).toBe(10 * MSS);
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    expect(d.it.snapshot().ssthresh).toBeLessThan(10 * MSS);
  });
});
