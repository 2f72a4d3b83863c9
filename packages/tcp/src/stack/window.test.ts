/** Windows that are narrow, shut, shrinking or scaled, on both sides. @rfc 9293 3.8.6, 7323 2.3, 2.4 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

/** What the next segment acknowledges, and where the window that it offers ends. */
function offered(d: Dialogue, unit: number): { ack: number; edge: number } {
  const found = / ack (\d+) win (\d+)/.exec(d.hear() ?? 'nothing');
  if (found === null) throw new Error(d.story());
  return { ack: Number(found[1]), edge: Number(found[1]) + Number(found[2]) * unit };
}

describe('the window we offer', () => {
  // Proves: RFC7323-2.4-2 SHLD-14
  test('never moves its right edge back, whatever its scale rounds off', () => {
    const d = new Dialogue().established(65_535, 'mss 1460,wscale 0');
    let at = 1;
    let edge = 0;
    for (const length of [1, 31, 33, 7, 1460, 1459, 64, 5, 1, 1, 1]) {
      d.peer(`. ${at}:${at + length}(${length}) ack 1`).pass(40_000);
      at += length;
      const next = offered(d, 32);
      expect(next.ack).toBe(at);
      expect(next.edge, d.story()).toBeGreaterThanOrEqual(edge);
      edge = next.edge;
    }
  });

  test('opens by half of a small buffer at least, and a reader’s peer is told at once', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 1000 } }).established();
    d.peer('. 1:1001(1000) ack 1').pass(40_000).says('. 1:1(0) ack 1001 win 0');
    expect(d.receive(499)).toHaveLength(499);
    d.silent();
    expect(d.receive(1)).toHaveLength(1);
    d.says('. 1:1(0) ack 1001 win 500').silent();
  });

  test('tells of much new room though it is not shut, but of little only with the next ACK', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 8000 } }).established();
    d.peer('. 1:3001(3000) ack 1').says('. 1:1(0) ack 3001 win 5000');
    expect(d.receive()).toHaveLength(3000);
    d.silent().peer('. 3001:6001(3000) ack 1').says('. 1:1(0) ack 6001 win 5000');
    d.peer('. 6001:9001(3000) ack 1').says('. 1:1(0) ack 9001 win 2000');
    expect(d.receive()).toHaveLength(6000);
    d.says('. 1:1(0) ack 9001 win 8000').silent();
  });

  // Proves: RFC7323-2.4-1
  test('is honoured to its last octet', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 70_001 } }).established(65_535, 'mss 1460,wscale 0');
    let { at, edge } = { at: 1, edge: 65_536 };
    while (at < edge) {
      const length = Math.min(1459, edge - at);
      d.peer(`. ${at}:${at + length}(${length}) ack 1`).pass(40_000);
      at += length;
      const next = offered(d, 2);
      expect(next.ack, d.story()).toBe(at);
      expect(next.edge).toBeGreaterThanOrEqual(edge);
      edge = next.edge;
    }
    expect(d.it.readable).toBe(at - 1);
    d.silent();
  });

  test('shuts in the end, though a peer sends octet by octet', () => {
    const receiveBuffer = 65_600;
    const d = new Dialogue({ settings: { receiveBuffer } }).established(65_535, 'mss 1460,wscale 0');
    let at = 1;
    for (; at < 65_000; at += 1000) d.peer(`. ${at}:${at + 1000}(1000) ack 1`);
    d.hearAll();
    for (let i = 0; i < 5000; i++, at++)
      d.peer(`. ${at}:${at + 1}(1) ack 1`)
        .pass(40_000)
        .hear();
    expect(d.it.readable).toBeLessThanOrEqual((receiveBuffer * 17) / 16 + 2);
    expect(d.hear()).toBeNull();
    d.peer(`. ${at}:${at + 1}(1) ack 1`);
    expect(d.hear()).toContain(' win 0');
  });
});

test('without scaling, no more is taken than the field could offer', () => {
  const d = new Dialogue().established(65_535, 'mss 1460');
  d.peer('R 65535:65535(0)').says('. 1:1(0) ack 1 win 65535');
  d.peer('R 65536:65536(0)').silent().state('ESTABLISHED');
});

describe('a shut window', () => {
  /** One octet, sent as a probe, lies beyond the peer's window. */
  function probing(): Dialogue {
    const d = new Dialogue().established(1000);
    d.send(2000).says('. 1:1001(1000) ack 1').peer('. 1:1(0) ack 1001 win 0').silent();
    return d.pass(1_000_000).says('. 1001:1002(1) ack 1');
  }

  test('does not hide our ACKs from the peer: they stand at its edge, not beyond it', () => {
    const d = probing();
    d.peer('P. 1:6(5) ack 1001 win 0').pass(40_000).says('. 1001:1001(0) ack 6').silent();
  });

  test('does not hide our reset either', () => {
    const d = probing();
    d.it.abort(d.now);
    d.says('R 1001:1001(0)').silent();
  });

  test('makes no duplicates of the answers to our probes', () => {
    const d = probing();
    const { cwnd } = d.it.snapshot();
    for (let i = 0; i < 5; i++) d.peer('. 1:1(0) ack 1001 win 0').silent();
    expect(d.it.snapshot()).toMatchObject({ cwnd, duplicateAcks: 0 });
  });

  test('takes our FIN, and the peer’s goes into ours', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 100 } }).established(10);
    d.send(10).says('P. 1:11(10) ack 1').peer('. 1:1(0) ack 11 win 0');
    d.it.close(d.now);
    d.says('F. 11:11(0) ack 1').peer('. 1:1(0) ack 12 win 0').state('FIN-WAIT-2');
    d.peer('P. 1:101(100) ack 12 win 0').pass(40_000).says('. 12:12(0) ack 101 win 0');
    d.peer('F. 101:101(0) ack 12 win 0').says('. 12:12(0) ack 102 win 0').state('TIME-WAIT');
    expect(d.receive()).toHaveLength(100);
    expect(d.it.ended).toBe(true);
  });

  test('holds a FIN back behind octets that wait, and lets both go when it opens', () => {
    const d = new Dialogue().established(10);
    d.send(10).says('P. 1:11(10) ack 1').peer('. 1:1(0) ack 11 win 0').send(5);
    d.it.close(d.now);
    d.silent().state('FIN-WAIT-1').quietFor(999_999).pass(1).says('. 11:12(1) ack 1').silent();
    d.peer('. 1:1(0) ack 12 win 10').says('FP. 12:16(4) ack 1').silent();
  });
});

describe('a window that shrinks', () => {
  // Proves: MUST-37
  test('to nothing: only the first segment is tried again, and the connection lives as long as the peer answers', () => {
    const d = new Dialogue().established();
    d.send(3 * 1460).hearAll();
    d.peer('. 1:1(0) ack 1 win 0').silent();
    const { cwnd } = d.it.snapshot();
    for (let tries = 0; tries < 20; tries++) {
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      d.says('. 1:1461(1460) ack 1').silent().peer('. 1:1(0) ack 1 win 0').silent();
    }
    expect(d.now).toBeGreaterThan(300_000_000);
    expect(d.it.snapshot().cwnd).toBe(cwnd);
    d.peer('. 1:1(0) ack 1 win 60000');
    d.says('. 1:1461(1460) ack 1', '. 1461:2921(1460) ack 1', 'P. 2921:4381(1460) ack 1').silent();
  });

  test('below what is out: nothing new is sent until it reaches beyond', () => {
    const d = new Dialogue().established();
    d.send(20_000).hearAll();
    d.peer('. 1:1(0) ack 1461 win 2000').silent();
    d.peer('. 1:1(0) ack 4381 win 2000').says('. 4381:5841(1460) ack 1').silent();
  });
});

describe('the peer’s window', () => {
  test('is not taken from an ACK older than SND.UNA, though its number be new', () => {
    const d = new Dialogue().established(5000);
    d.send(2 * 1460).hearAll();
    d.peer('. 1:1(0) ack 2921 win 5000').peer('P. 11:21(10) ack 1461 win 100').says('. 2921:2921(0) ack 1');
    expect(d.it.snapshot().snd.wnd).toBe(5000);
  });

  test('keeps its right edge when an ACK comes on an older segment', () => {
    const d = new Dialogue().established(5000);
    d.send(1460).says('P. 1:1461(1460) ack 1');
    d.peer('P. 11:21(10) ack 1 win 5000').says('. 1461:1461(0) ack 1');
    d.peer('P. 1:11(10) ack 1461 win 5000').says('. 1461:1461(0) ack 21');
    expect(d.it.snapshot().snd.wnd).toBe(5000 - 1460);
  });

  test('when worth half of the best, is used at once with Nagle off, whatever is out', () => {
    const d = new Dialogue({ settings: { nagle: false } }).established(1000);
    d.send(400).says('P. 1:401(400) ack 1').send(2000).says('. 401:1001(600) ack 1').silent();
  });
});

test('without window scaling, reading octets as they come adds no ACK to those that are due', () => {
  const d = new Dialogue().established();
  const acks: string[] = [];
  for (let first = 1; first < 14 * 1460; first += 1460) {
    d.peer(`. ${first}:${first + 1460}(1460) ack 1`);
    acks.push(...d.hearAll());
    d.receive();
    acks.push(...d.hearAll());
  }
  expect(acks).toHaveLength(7);
});

test('two ends whose windows were taken back while octets flew past each other still hear each other’s ACKs', () => {
  const d = new Dialogue().established(1000);
  d.send(500).says('P. 1:501(500) ack 1');
  d.peer('P. 1:11(10) ack 1 win 100').pass(40_000).says('. 501:501(0) ack 11');
  // A probe of a shut window lies beyond it, and what follows does not.
  const shut = new Dialogue().established(100);
  shut.send(200).says('. 1:101(100) ack 1').peer('. 1:1(0) ack 101 win 0').silent();
  shut.pass(1_000_000).says('. 101:102(1) ack 1').peer('P. 1:11(10) ack 101 win 0').pass(40_000);
  expect(shut.hearAll()).toContainEqual(expect.stringMatching(/^\. 101:101\(0\) ack 11/));
});
