/** The timestamps option: negotiation, what is echoed, round trips, and protection against wrapped sequences. @rfc 7323 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

const DAY = 86_400_000_000;
const on = { timestamps: true };

/** A server's connection whose SYNs agreed on timestamps; the peer's clock stands at 100, ours at 0. */
function stamped(settings: ConstructorParameters<typeof Dialogue>[0] = {}): Dialogue {
  const d = new Dialogue({ ...settings, settings: { ...on, ...settings.settings } }).listen();
  d.peer('S 0:0(0) win 65535 <mss 1460,TS val 100 ecr 0>');
  d.says('S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 0 ecr 100>');
  d.peer('. 1:1(0) ack 1 win 65535 <TS val 100 ecr 0>').silent();
  d.accept();
  return d;
}

describe('negotiation', () => {
  test('the option goes on every segment once both SYNs carried it', () => {
    const d = stamped();
    d.pass(5_000).send(10);
    d.says('P. 1:11(10) ack 1 win 65535 <TS val 5 ecr 100>');
    d.peer('. 1:1(0) ack 11 <TS val 101 ecr 5>').silent();
    d.it.close(d.now);
    d.says('F. 11:11(0) ack 1 win 65535 <TS val 5 ecr 101>');
  });

  test('a SYN of ours offers it with TSecr 0, and uses it only when the answer has it too', () => {
    const d = new Dialogue({ settings: on }).open();
    d.says('S 0:0(0) win 65535 <mss 1460,TS val 0 ecr 0,wscale 5>');
    d.peer('S. 0:0(0) ack 1 <mss 1460>').says('. 1:1(0) ack 1 win 65535').silent();
    d.send(3).says('P. 1:4(3) ack 1 win 65535');
    const e = new Dialogue({ settings: on }).open();
    e.says('S 0:0(0) win 65535 <mss 1460,TS val 0 ecr 0,wscale 5>');
    e.peer('S. 0:0(0) ack 1 <mss 1460,TS val 7 ecr 0>').says('. 1:1(0) ack 1 win 65535 <TS val 0 ecr 7>');
  });

  test('no SYN,ACK offers what the SYN did not, and what was not agreed on is passed over', () => {
    const d = new Dialogue({ settings: on }).established();
    d.peer('P. 1:11(10) ack 1 <TS val 5 ecr 0>').pass(40_000).says('. 1:1(0) ack 11 win 65525').silent();
    expect(d.receive()).toHaveLength(10);
  });

  test('it is off unless a setting turns it on', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0>').says('S. 0:0(0) ack 1 win 65535 <mss 1460>');
  });

  test('SACK is permitted only when both ends do, and it shares a word with the timestamps', () => {
    const d = new Dialogue({ settings: { ...on, sack: true } }).listen();
    d.peer('S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0>');
    d.says('S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 0 ecr 1>');
    const e = new Dialogue({ settings: { sack: true } }).listen();
    e.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1 win 65535 <mss 1460>');
  });

  test('full segments leave room for the option, and the announced MSS knows nothing of it', () => {
    const d = stamped();
    d.send(3_000);
    d.says('. 1:1449(1448) ack 1 win 65535 <TS val 0 ecr 100>', '. 1449:2897(1448) ack 1');
  });
});

describe('what is dropped', () => {
  test('a segment without the option is dropped in silence, and aborts nothing', () => {
    const d = stamped();
    d.peer('P. 1:11(10) ack 1').silent().state('ESTABLISHED').quietFor(1_000_000);
    d.peer('P. 1:11(10) ack 1 <TS val 101 ecr 0>').pass(40_000).says('. 1:1(0) ack 11');
  });

  test('a segment that is older than TS.Recent is acknowledged and dropped, though its numbers are good', () => {
    const d = stamped();
    d.peer('P. 1:11(10) ack 1 <TS val 99 ecr 0>').says('. 1:1(0) ack 1 win 65535 <TS val 0 ecr 100>');
    expect(d.receive()).toBe('');
  });

  test('the order of timestamps goes round the ring', () => {
    const d = new Dialogue({ settings: on }).listen();
    d.peer('S 0:0(0) <TS val 4294967290 ecr 0>').hearAll();
    d.peer('. 1:1(0) ack 1 <TS val 4294967295 ecr 0>');
    d.accept();
    d.peer('P. 1:3(2) ack 1 <TS val 3 ecr 0>').pass(40_000).says('. 1:1(0) ack 3 <TS val 40 ecr 3>');
    d.peer('P. 3:5(2) ack 1 <TS val 4294967295 ecr 0>').says('. 1:1(0) ack 3');
  });

  test('a reset is good whatever its timestamps, and none', () => {
    stamped().peer('R 1:1(0) <TS val 1 ecr 0>').silent().state('CLOSED');
    stamped().peer('R 1:1(0)').silent().state('CLOSED');
  });

  test('a SYN without timestamps is challenged, as any other', () => {
    stamped().peer('S 500:500(0)').says('. 1:1(0) ack 1');
  });

  test('a TS.Recent older than 24 days holds nobody up', () => {
    const d = stamped();
    d.quietFor(24 * DAY)
      .peer('P. 1:3(2) ack 1 <TS val 99 ecr 0>')
      .says('. 1:1(0) ack 1');
    d.pass(1_000).peer('P. 1:3(2) ack 1 <TS val 99 ecr 0>').pass(40_000);
    d.says('. 1:1(0) ack 3 <TS val 2073600041 ecr 99>');
  });

  test('old duplicates that ask for nothing are challenged a bounded number of times in a second', () => {
    const d = stamped({ settings: { challengeAcksPerSecond: 3 } });
    let answers = 0;
    for (let i = 0; i < 10; i++) answers += d.peer('. 1:1(0) ack 1 <TS val 1 ecr 0>').hearAll().length;
    expect(answers).toBe(3);
  });
});

describe('what is echoed', () => {
  test('of segments that share one delayed ACK, the earliest', () => {
    const d = stamped();
    d.peer('. 1:1449(1448) ack 1 <TS val 110 ecr 0>').silent();
    d.peer('. 1449:2897(1448) ack 1 <TS val 120 ecr 0>').says('. 1:1(0) ack 2897 <TS val 0 ecr 110>');
  });

  test('over a hole, the last segment before it; for the segment that fills it, its own', () => {
    const d = stamped();
    d.peer('P. 1:11(10) ack 1 <TS val 110 ecr 0>').pass(40_000).says('. 1:1(0) ack 11');
    d.peer('P. 21:31(10) ack 1 <TS val 130 ecr 0>').says('. 1:1(0) ack 11 <TS val 40 ecr 110>');
    d.peer('P. 11:21(10) ack 1 <TS val 140 ecr 0>').says('. 1:1(0) ack 31 <TS val 40 ecr 140>');
  });

  test('a reset for a segment that has no connection echoes who caused it', () => {
    const d = new Dialogue({ settings: on });
    d.peer('S 0:0(0) <TS val 77 ecr 0>').says('R. 0:0(0) ack 1 win 0 <TS val 0 ecr 77>');
  });

  test('a reset of a connection carries its timestamps', () => {
    const d = stamped();
    d.it.abort(d.now);
    d.says('R 1:1(0) win 0 <TS val 0 ecr 0>').silent();
  });
});

/** The handshake took no time: the first sample is 0. */
describe('round trips', () => {
  test('an echo measures what was sent twice, which Karn alone may not', () => {
    const d = stamped({ settings: { minRto: 1_000 } });
    d.send(10).says('P. 1:11(10) ack 1');
    d.pass(1_000_000).says('P. 1:11(10) ack 1 win 65535 <TS val 1000 ecr 100>');
    d.pass(30_000).peer('. 1:1(0) ack 11 <TS val 200 ecr 1000>');
    expect(d.it.snapshot()).toMatchObject({ srtt: 3_750, rttvar: 7_500, rto: 33_750 });
  });

  test('the echo of the first transmission measures from there', () => {
    const d = stamped();
    d.pass(7_000).send(10).says('P. 1:11(10) ack 1 win 65535 <TS val 7 ecr 100>');
    d.pass(1_000_000).says('P. 1:11(10) ack 1');
    d.pass(30_000).peer('. 1:1(0) ack 11 <TS val 200 ecr 7>');
    expect(d.it.snapshot().srtt).toBe(128_750);
  });

  test.each(['5000', '-5000'])('an echo of what was never sent (%s) measures nothing', (echo) => {
    const d = stamped();
    d.send(10).says('P. 1:11(10) ack 1').pass(1_000_000).says('P. 1:11(10) ack 1');
    const before = d.it.snapshot().srtt;
    d.peer(`. 1:1(0) ack 11 <TS val 200 ecr ${echo}>`);
    expect(d.it.snapshot().srtt).toBe(before);
  });
});
