/** Closing a connection: in order, half, at once from both sides, and by resets. @rfc 9293 3.6 */
import { describe, expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { Dialogue } from '../../testing/dialogue.ts';
import { Events } from './events.ts';

const MSL2 = 240_000_000;

describe('an orderly close', () => {
  test('by us goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and ends after twice the MSL', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.state('FIN-WAIT-1').says('F. 1:1(0) ack 1').silent();
    d.peer('. 1:1(0) ack 2').silent().state('FIN-WAIT-2');
    d.peer('F. 1:1(0) ack 2').state('TIME-WAIT').says('. 2:2(0) ack 2').silent();
    d.quietFor(MSL2 - 1)
      .state('TIME-WAIT')
      .quietFor(1)
      .state('CLOSED');
    expect(d.it.error).toBeNull();
    expect(d.stack.connections()).toHaveLength(1);
  });

  test('by the peer goes CLOSE-WAIT, then LAST-ACK when our FIN is sent, and ends with its ACK', () => {
    const d = new Dialogue().established();
    d.peer('F. 1:1(0) ack 1').state('CLOSE-WAIT').says('. 1:1(0) ack 2').silent();
    expect(d.it.ended).toBe(true);
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 2').state('LAST-ACK');
    d.peer('. 2:2(0) ack 2').silent().state('CLOSED');
    expect(d.it.error).toBeNull();
  });

  test('takes three segments when the application closes before the ACK has left', () => {
    const d = new Dialogue().established();
    d.peer('F. 1:1(0) ack 1').state('CLOSE-WAIT');
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 2').silent().state('LAST-ACK');
  });

  test('sends all that was queued first, and the FIN with the last of it', () => {
    const d = new Dialogue().established();
    d.send(2000);
    d.it.close(d.now);
    d.state('FIN-WAIT-1').says('. 1:1461(1460) ack 1', 'FP. 1461:2001(540) ack 1').silent();
  });

  test('goes straight to TIME-WAIT when FIN and the ACK of ours share a segment', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').peer('F. 1:1(0) ack 2').state('TIME-WAIT').says('. 2:2(0) ack 2');
    const states = d.stack
      .takeTrace()
      .filter((e) => e.name === 'state_updated')
      .map((e) => e.new);
    expect(states.slice(-3)).toEqual(['FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT']);
  });

  test('from both sides at once goes through CLOSING on each', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').peer('F. 1:1(0) ack 1').state('CLOSING').says('. 2:2(0) ack 2');
    d.peer('. 2:2(0) ack 2').silent().state('TIME-WAIT');
  });

  test('sends a lost FIN again', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').quietFor(999_999).pass(1).says('F. 1:1(0) ack 1');
  });

  test('acknowledges a repeated FIN in TIME-WAIT, and starts the wait anew', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2');
    d.quietFor(100_000_000).peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2');
    d.quietFor(MSL2 - 1)
      .state('TIME-WAIT')
      .quietFor(1)
      .state('CLOSED');
  });

  // Proves: 9293-3.10.4-close-fw 9293-3.10.4-close-late
  test('is refused a second time, and so is sending after it', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    expect(() => d.it.close(d.now)).toThrow(MisuseError);
    expect(() => d.it.send(d.now, new Uint8Array(1))).toThrow(/closing/);
  });
});

describe('a half-close', () => {
  test('by the peer lets us go on sending', () => {
    const d = new Dialogue().established();
    d.peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2').send(10).says('P. 1:11(10) ack 2').state('CLOSE-WAIT');
  });

  test('by us lets the peer go on sending, and still tells of its octets', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').peer('. 1:1(0) ack 2').state('FIN-WAIT-2');
    d.stack.takeEvents();
    d.peer("P. 1:6(5) ack 2 'later'").state('FIN-WAIT-2');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.READABLE }]);
    expect(d.receive()).toBe('later');
    d.peer('F. 6:6(0) ack 2').says('. 2:2(0) ack 7').state('TIME-WAIT');
  });
});

describe('the peer’s FIN', () => {
  test('is held while octets before it are missing', () => {
    const d = new Dialogue().established();
    d.peer('FP. 6:11(5) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
    d.peer('. 1:6(5) ack 1').says('. 1:1(0) ack 12').state('CLOSE-WAIT');
    expect(d.receive()).toBe('abcdefghij');
    expect(d.it.ended).toBe(true);
  });

  test('beyond the window is refused, and is not remembered', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 10 } }).established();
    d.peer('F. 1:15(14) ack 1').says('. 1:1(0) ack 11 win 0').state('ESTABLISHED');
    expect(d.receive()).toBe('abcdefghij');
    d.says('. 1:1(0) ack 11 win 10').peer('. 11:15(4) ack 1').state('ESTABLISHED');
    d.peer('F. 15:15(0) ack 1').says('. 1:1(0) ack 16').state('CLOSE-WAIT');
  });

  test('counts once, however often it comes, and nothing after it is taken', () => {
    const d = new Dialogue().established();
    d.peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2').peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2');
    d.peer('P. 2:7(5) ack 1');
    expect(d.it.readable).toBe(0);
    d.state('CLOSE-WAIT');
  });

  test('does nothing in SYN-SENT or without a connection', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('F 0:0(0)').silent().state('SYN-SENT');
  });
});

describe('a reset', () => {
  test('at RCV.NXT ends an open connection with ECONNRESET', () => {
    const d = new Dialogue().established();
    d.stack.takeEvents();
    d.peer('R 1:1(0)').silent().state('CLOSED');
    expect(d.it.error?.code).toBe('ECONNRESET');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.CLOSED }]);
  });

  test('elsewhere in the window is challenged, and outside it is ignored', () => {
    const d = new Dialogue().established();
    d.peer('R 100:100(0)').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
    d.peer('R 0:0(0)').silent().state('ESTABLISHED');
    d.peer('R 2000000:2000000(0)').silent().state('ESTABLISHED');
  });

  test('is challenged at most ten times a second', () => {
    const d = new Dialogue().established();
    for (let i = 0; i < 10; i++) d.peer('R 100:100(0)').says('. 1:1(0) ack 1');
    d.peer('R 100:100(0)').silent();
    d.pass(1_000_000).peer('R 100:100(0)').says('. 1:1(0) ack 1');
  });

  test.each(['FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT'] as const)('ends %s with an error', (state) => {
    const d = inState(state);
    d.peer(`R ${state === 'CLOSE-WAIT' ? '2:2' : '1:1'}(0)`)
      .silent()
      .state('CLOSED');
    expect(d.it.error?.code).toBe('ECONNRESET');
  });

  test.each(['CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const)('ends %s without one', (state) => {
    const d = inState(state);
    d.peer('R 2:2(0)').silent().state('CLOSED');
    expect(d.it.error).toBeNull();
  });

  test('is sent by ABORT, after which nothing is left', () => {
    const d = new Dialogue().established();
    d.send(5).says('P. 1:6(5) ack 1');
    d.it.abort(d.now);
    d.says('R 6:6(0)').silent().state('CLOSED');
    expect(d.it.error?.code).toBe('ECONNABORTED');
    expect(d.stack.connections()).toHaveLength(1);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('is sent when the application leaves with octets unread, or when more come for it', () => {
    const d = new Dialogue().established();
    d.peer('P. 1:6(5) ack 1').pass(40_000).says('. 1:1(0) ack 6');
    d.it.release(d.now);
    d.says('R 1:1(0)').silent();
    const e = new Dialogue().established();
    e.it.release(e.now);
    e.says('F. 1:1(0) ack 1').peer('. 1:1(0) ack 2').peer('P. 1:6(5) ack 2').says('R 2:2(0)').silent();
  });

  test('does not come for octets that share a segment with the FIN, yet nothing is left of the connection', () => {
    const d = new Dialogue().established();
    d.it.release(d.now);
    d.says('F. 1:1(0) ack 1').peer('. 1:1(0) ack 2').peer('FP. 1:6(5) ack 2').silent().state('CLOSED');
    d.peer('F. 6:6(0) ack 2').says('R 2:2(0)').silent();
  });

  test('is sent to all who wait when a listener closes', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1');
    d.listener?.close(d.now);
    d.says('R 1:1(0)').silent();
    expect(d.stack.connections()).toEqual([]);
  });
});

describe('an application that is gone', () => {
  test('leaves a connection that waits a minute for the peer’s FIN, and no longer', () => {
    const d = new Dialogue().established();
    d.it.release(d.now);
    d.says('F. 1:1(0) ack 1').peer('. 1:1(0) ack 2').state('FIN-WAIT-2').quietFor(59_999_999);
    d.state('FIN-WAIT-2').quietFor(1).state('CLOSED');
    expect(d.it.error).toBeNull();
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('that closed long before it left is waited for no longer', () => {
    const d = inState('FIN-WAIT-2');
    d.quietFor(1_000_000_000);
    d.it.release(d.now);
    d.quietFor(60_000_000).state('CLOSED');
  });

  test('keeps TIME-WAIT at its full length once the FIN has come', () => {
    const d = new Dialogue().established();
    d.it.release(d.now);
    d.says('F. 1:1(0) ack 1')
      .peer('. 1:1(0) ack 2')
      .quietFor(1_000_000)
      .peer('F. 1:1(0) ack 2')
      .says('. 2:2(0) ack 2');
    d.quietFor(MSL2 - 1)
      .state('TIME-WAIT')
      .quietFor(1)
      .state('CLOSED');
  });

  test('may be gone from any state, and more than once', () => {
    for (const state of [
      'FIN-WAIT-1',
      'FIN-WAIT-2',
      'CLOSE-WAIT',
      'CLOSING',
      'LAST-ACK',
      'TIME-WAIT',
    ] as const) {
      const d = inState(state);
      d.it.release(d.now);
      d.it.release(d.now);
      expect(d.hearAll()).toHaveLength(state === 'CLOSE-WAIT' ? 1 : 0);
    }
  });

  test('who only closes may wait for ever', () => {
    const d = inState('FIN-WAIT-2');
    expect(d.stack.pollTimeout()).toBe(Infinity);
    d.quietFor(10_000_000_000).state('FIN-WAIT-2');
  });
});

describe('after the end', () => {
  test('what had come can still be received, and ABORT changes nothing', () => {
    const d = new Dialogue().established();
    d.peer("FP. 1:6(5) ack 1 'hello'").says('. 1:1(0) ack 7');
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 7').peer('. 7:7(0) ack 2').silent().state('CLOSED');
    expect(d.it.readable).toBe(5);
    expect(d.receive(2)).toBe('he');
    d.it.abort(d.now);
    expect(d.it.error).toBeNull();
    expect(d.receive()).toBe('llo');
    expect(d.receive()).toBe('');
    expect(d.it.ended).toBe(true);
    d.silent();
  });

  test('by a reset, what had come is gone too', () => {
    const d = new Dialogue().established();
    d.peer('P. 1:6(5) ack 1').pass(40_000).says('. 1:1(0) ack 6').peer('R 6:6(0)').silent();
    expect(d.receive()).toBe('');
    expect(d.it.send(d.now, new Uint8Array(1))).toBe(0);
    d.it.close(d.now);
    d.silent();
  });
});

describe('in CLOSE-WAIT', () => {
  test('no delayed ACK is left to send, and text after the FIN goes nowhere', () => {
    const d = new Dialogue().established();
    d.peer('P. 1:6(5) ack 1').peer('F. 6:6(0) ack 1').says('. 1:1(0) ack 7').silent();
    expect(d.stack.pollTimeout()).toBe(Infinity);
    d.peer('PU. 7:12(5) ack 1 urg 5').silent();
    expect(d.receive()).toBe('abcde');
  });
});

describe('a SYN on an open connection', () => {
  test('is challenged, wherever it lies', () => {
    const d = new Dialogue().established();
    d.peer('S 500:500(0)').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
    d.peer('S 0:0(0)').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
  });
});

function inState(
  state: 'FIN-WAIT-1' | 'FIN-WAIT-2' | 'CLOSE-WAIT' | 'CLOSING' | 'LAST-ACK' | 'TIME-WAIT',
): Dialogue {
  const d = new Dialogue().established();
  if (state === 'CLOSE-WAIT' || state === 'LAST-ACK') d.peer('F. 1:1(0) ack 1');
  if (state !== 'CLOSE-WAIT') d.it.close(d.now);
  d.hearAll();
  if (state === 'FIN-WAIT-2') d.peer('. 1:1(0) ack 2');
  if (state === 'CLOSING') d.peer('F. 1:1(0) ack 1');
  if (state === 'TIME-WAIT') d.peer('F. 1:1(0) ack 2');
  d.hearAll();
  return d.state(state);
}
