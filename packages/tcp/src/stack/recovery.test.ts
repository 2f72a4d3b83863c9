/** Loss: timers, duplicate ACKs, NewReno. @rfc 6298, 5681, 6582 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

const MSS = 1460;
const data = (first: number, count = 1) =>
  Array.from({ length: count }, (_, i) => `. ${at(first + i)}:${at(first + i + 1)}(${MSS}) ack 1`);
const last = (index: number) => data(index).map((line) => `P${line}`);
const at = (segment: number) => 1 + segment * MSS;

/** Established, with `segments` full segments in flight and plenty more queued; RTT is 100 ms. */
function flying(segments: number): Dialogue {
  const d = new Dialogue().established();
  d.send(500_000);
  let acked = 0;
  let sent = d.hearAll().length;
  while (sent - acked < segments) {
    d.now += 100_000;
    d.peer(`. 1:1(0) ack ${at(++acked)}`);
    sent += d.hearAll().length;
  }
  d.now += 100_000;
  return d;
}

describe('the retransmission timer', () => {
  test('doubles with each expiry and sends the oldest segment alone', () => {
    const d = new Dialogue().established();
    d.send(2 * MSS);
    d.says(...data(0), ...last(1)).silent();
    d.quietFor(999_999)
      .pass(1)
      .says(...data(0))
      .silent();
    d.quietFor(1_999_999)
      .pass(1)
      .says(...data(0))
      .silent();
    d.quietFor(3_999_999)
      .pass(1)
      .says(...data(0))
      .silent();
  });

  test('starts anew with each ACK of new octets, and stops when all are acknowledged', () => {
    const d = new Dialogue().established();
    d.send(2 * MSS).says(...data(0), ...last(1));
    d.quietFor(900_000)
      .peer(`. 1:1(0) ack ${at(1)}`)
      .quietFor(999_999);
    d.peer(`. 1:1(0) ack ${at(2)}`).quietFor(10_000_000);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('learns from samples: SRTT + 4 RTTVAR, but not under the minimum', () => {
    const d = new Dialogue({ settings: { minRto: 200_000 } }).established();
    d.send(10).says('P. 1:11(10) ack 1').pass(400_000).peer('. 1:1(0) ack 11');
    // The handshake took 0 µs, so SRTT is 50 ms and RTTVAR 100 ms after this one. RFC 6298 §2.3.
    expect(d.it.snapshot()).toMatchObject({ srtt: 50_000, rttvar: 100_000, rto: 450_000 });
  });

  test('takes no sample from a segment that was sent twice (Karn)', () => {
    const d = new Dialogue({ settings: { minRto: 200_000 } }).established();
    d.send(10).says('P. 1:11(10) ack 1');
    const before = d.it.snapshot();
    d.pass(200_000).says('P. 1:11(10) ack 1').pass(50_000).peer('. 1:1(0) ack 11');
    expect(d.it.snapshot()).toMatchObject({ srtt: before.srtt, rto: 400_000 });
  });

  test('collapses the congestion window to one segment, and halves ssthresh once', () => {
    const d = flying(8);
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    expect(d.it.snapshot()).toMatchObject({ cwnd: MSS, ssthresh: 4 * MSS });
    expect(d.hearAll()).toHaveLength(1);
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    expect(d.it.snapshot()).toMatchObject({ cwnd: MSS, ssthresh: 4 * MSS });
  });

  test('gives the connection up after R2, with an error', () => {
    const d = new Dialogue().established();
    d.send(10).says('P. 1:11(10) ack 1');
    while (d.it.state === 'ESTABLISHED') {
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      d.hearAll();
    }
    expect(d.it.error?.code).toBe('ETIMEDOUT');
    expect(d.now - 1_000_000).toBeGreaterThanOrEqual(100_000_000);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });
});

test('a connection that loses every segment once, yet moves on, is never given up', () => {
  const d = new Dialogue().established();
  for (let sent = 1; d.now < 200_000_000; sent++) {
    d.send(1).says(`P. ${sent}:${sent + 1}(1) ack 1`);
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    d.says(`P. ${sent}:${sent + 1}(1) ack 1`).peer(`. 1:1(0) ack ${sent + 1}`);
  }
  d.state('ESTABLISHED');
});

describe('three duplicate ACKs', () => {
  test('send the lost segment at once, whatever the window says', () => {
    const d = flying(8);
    const first = (d.it.snapshot().snd.una - d.it.snapshot().iss - 1) / MSS;
    d.peer(`. 1:1(0) ack ${at(first)}`);
    d.peer(`. 1:1(0) ack ${at(first)}`);
    // Limited transmit lets one new segment out for each. RFC 3042 §2.
    expect(d.hearAll()).toHaveLength(2);
    d.peer(`. 1:1(0) ack ${at(first)}`);
    expect(d.hear()).toMatch(new RegExp(`^\\S+ ${at(first)}:${at(first + 1)}\\(`));
    // Of the ten in flight by now, those two do not count: ssthresh 4, cwnd 4 + 3. RFC 5681 §3.2, step 2.
    expect(d.it.snapshot()).toMatchObject({ ssthresh: 4 * MSS, cwnd: 7 * MSS });
  });

  test('need no change of window and no octets to count', () => {
    const d = flying(8);
    const first = (d.it.snapshot().snd.una - d.it.snapshot().iss - 1) / MSS;
    for (let i = 0; i < 5; i++) d.peer(`. 1:1(0) ack ${at(first)} win ${60_000 + i}`);
    for (let i = 0; i < 5; i++) d.peer(`P. ${1 + i}:${2 + i}(1) ack ${at(first)} win 60004`);
    expect(d.it.snapshot().duplicateAcks).toBe(0);
  });

  test('a partial ACK sends the next hole at once; the full ACK ends recovery at ssthresh', () => {
    const d = flying(8);
    const first = (d.it.snapshot().snd.una - d.it.snapshot().iss - 1) / MSS;
    for (let i = 0; i < 3; i++) d.peer(`. 1:1(0) ack ${at(first)}`);
    d.hearAll();
    const recover = (d.it.snapshot().snd.nxt - d.it.snapshot().iss - 1) / MSS;
    d.peer(`. 1:1(0) ack ${at(first + 3)}`);
    expect(d.hear()).toMatch(new RegExp(`^\\S+ ${at(first + 3)}:`));
    d.hearAll();
    d.peer(`. 1:1(0) ack ${at(recover)}`);
    const after = d.it.snapshot();
    expect(after.cwnd).toBeLessThanOrEqual(after.ssthresh);
    expect(after.duplicateAcks).toBe(0);
  });

  // Proves: RFC6582-3.2-3timer
  test('start a recovery in which only the first partial ACK starts the timer anew', () => {
    const d = flying(8);
    const first = (d.it.snapshot().snd.una - d.it.snapshot().iss - 1) / MSS;
    for (let i = 0; i < 3; i++) d.peer(`. 1:1(0) ack ${at(first)}`);
    d.hearAll();
    const { rto } = d.it.snapshot();
    d.pass(100_000).peer(`. 1:1(0) ack ${at(first + 2)}`);
    d.hearAll();
    const deadline = d.now + rto;
    expect(d.stack.pollTimeout()).toBe(deadline);
    d.pass(100_000).peer(`. 1:1(0) ack ${at(first + 4)}`);
    d.hearAll();
    expect(d.stack.pollTimeout()).toBe(deadline);
  });

  test('and the ACK of what they ask for close behind send nothing twice', () => {
    const d = flying(8);
    const { snd, iss } = d.it.snapshot();
    const first = (snd.una - iss - 1) / MSS;
    for (let i = 0; i < 3; i++) d.peer(`. 1:1(0) ack ${at(first)}`);
    d.peer(`. 1:1(0) ack ${snd.nxt - iss}`);
    for (const line of d.hearAll())
      expect(Number(line.split(' ')[1].split(':')[0])).toBeGreaterThanOrEqual(snd.nxt - iss);
    expect(d.it.snapshot().inFlight).toBeGreaterThan(0);
  });

  test('after a timeout, of octets sent before it, start nothing', () => {
    const d = flying(8);
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    d.hearAll();
    const { snd, iss, ssthresh } = d.it.snapshot();
    for (let i = 0; i < 4; i++) d.peer(`. 1:1(0) ack ${snd.una - iss}`);
    expect(d.it.snapshot().ssthresh).toBe(ssthresh);
  });
});

describe('a sender', () => {
  // Proves: RFC5681-4.1
  test('begins anew with the first window after a pause longer than RTO', () => {
    const d = flying(12);
    const { snd, iss, cwnd } = d.it.snapshot();
    const queued = d.it.unacknowledged;
    d.peer(`. 1:1(0) ack ${snd.nxt - iss}`);
    expect(cwnd).toBeGreaterThan(6 * MSS);
    for (let burst = d.hearAll(); burst.length > 0; burst = d.hearAll()) {
      d.now += 1000;
      d.peer(`. 1:1(0) ack ${d.it.snapshot().snd.nxt - iss}`);
    }
    expect(queued).toBeGreaterThan(d.it.unacknowledged);
    d.quietFor(900_000).send(100_000);
    expect(d.hearAll().length).toBeGreaterThan(3);
    d.peer(`. 1:1(0) ack ${d.it.snapshot().snd.nxt - iss}`);
    for (let burst = d.hearAll(); burst.length > 0; burst = d.hearAll()) {
      d.peer(`. 1:1(0) ack ${d.it.snapshot().snd.nxt - iss}`);
    }
    d.quietFor(1_000_001).send(100_000);
    expect(d.hearAll()).toHaveLength(3);
  });

  test('that leaves its window unused learns nothing from ACKs', () => {
    const d = new Dialogue().established();
    const { cwnd } = d.it.snapshot();
    for (let i = 1; i < 2000; i += 100) {
      d.send(100)
        .says(`P. ${i}:${i + 100}(100) ack 1`)
        .peer(`. 1:1(0) ack ${i + 100}`);
    }
    expect(d.it.snapshot().cwnd).toBe(cwnd);
  });

  test('sends the rest of a segment of which the peer has taken a part', () => {
    const d = new Dialogue().established();
    d.send(2 * MSS).says(...data(0), ...last(1));
    d.peer('. 1:1(0) ack 731').quietFor(999_999).pass(1).says('. 731:1461(730) ack 1').silent();
    d.peer('. 1:1(0) ack 1461')
      .says(...last(1))
      .silent();
    expect(d.it.snapshot()).toMatchObject({ inFlight: MSS, sendQueue: MSS });
  });

  test('whose FIN is lost with the last octets sends both again', () => {
    const d = new Dialogue().established();
    d.send(10);
    d.it.close(d.now);
    d.says('FP. 1:11(10) ack 1').peer('. 1:1(0) ack 6').quietFor(999_999).pass(1).says('FP. 6:11(5) ack 1');
    d.peer('. 1:1(0) ack 11').quietFor(1_999_999).pass(1).says('FP. 11:11(0) ack 1').peer('. 1:1(0) ack 12');
    d.state('FIN-WAIT-2');
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('that times out in the middle of a recovery sends all of it again, each segment once', () => {
    const d = flying(8);
    const { snd, iss } = d.it.snapshot();
    const first = (snd.una - iss - 1) / MSS;
    for (let i = 0; i < 3; i++) d.peer(`. 1:1(0) ack ${at(first)}`);
    d.hearAll();
    d.now = d.stack.pollTimeout();
    d.stack.onTimeout(d.now);
    expect(d.it.snapshot()).toMatchObject({ cwnd: MSS, duplicateAcks: 0, inFlight: 0 });
    const end = (d.it.snapshot().snd.nxt - iss - 1) / MSS;
    const again = d.hearAll();
    for (let acked = first + 1; acked <= end; acked++) {
      d.now += 1000;
      d.peer(`. 1:1(0) ack ${at(acked)}`);
      again.push(...d.hearAll());
      const { inFlight, snd: now } = d.it.snapshot();
      expect(inFlight).toBeLessThanOrEqual(now.nxt - now.una);
      expect(inFlight).toBeGreaterThanOrEqual(0);
    }
    const starts = again
      .map((line) => Number(line.split(' ')[1].split(':')[0]))
      .filter((start) => start < at(end));
    expect(starts).toEqual(Array.from({ length: end - first }, (_, i) => at(first + i)));
  });
});

test('lost octets are all sent again after a timeout, each once, as ACKs come', () => {
  const d = flying(8);
  const { snd, iss } = d.it.snapshot();
  const first = (snd.una - iss - 1) / MSS;
  const end = (snd.nxt - iss - 1) / MSS;
  d.now = d.stack.pollTimeout();
  d.stack.onTimeout(d.now);
  const again = d.hearAll();
  for (let acked = first + 1; acked <= end; acked++) {
    d.now += 1000;
    d.peer(`. 1:1(0) ack ${at(acked)}`);
    again.push(...d.hearAll());
  }
  const starts = again
    .map((line) => Number(line.split(' ')[1].split(':')[0]))
    .filter((start) => start < at(end));
  expect(starts).toEqual(Array.from({ length: end - first }, (_, i) => at(first + i)));
});
