/** How long a silent peer is borne with: R1, R2, the user timeout, keep-alive, as the user of one connection sets them. */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { MisuseError } from '../misuse-error.ts';
import { Segment, parseSegment, writeSegment } from '../wire/index.ts';
import { userTimeoutField } from '../tcb/user-timeout.ts';
import { Events } from './events.ts';

const SECOND = 1_000_000;

/** Let time pass timer by timer; @returns what was sent meanwhile, with the second of each. */
function heard(d: Dialogue, micros: number): string[] {
  const said: string[] = [];
  const begin = d.now;
  for (let at = d.stack.pollTimeout(); at <= begin + micros; at = d.stack.pollTimeout()) {
    d.pass(at - d.now);
    said.push(...d.hearAll().map((line) => `${(d.now - begin) / SECOND} ${line.replace(/ win.*/, '')}`));
  }
  d.pass(begin + micros - d.now);
  return said;
}

describe('R1 and R2', () => {
  // Proves: SHLD-9 SHLD-10
  test('the user is told once after three retransmissions without an answer, and the connection goes on', () => {
    const d = new Dialogue().established();
    d.send(10).says('P. 1:11(10) ack 1');
    d.stack.takeEvents();
    heard(d, 14 * SECOND);
    expect(d.stack.takeEvents()).toEqual([]);
    heard(d, 2 * SECOND);
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.REPORT }]);
    heard(d, 40 * SECOND);
    expect(d.stack.takeEvents()).toEqual([]);
    d.peer('. 1:1(0) ack 11').state('ESTABLISHED');
  });

  // Proves: MUST-21
  test('the user may set R2 for one connection, also to never', () => {
    const d = new Dialogue().established();
    d.it.setUserTimeout(d.now, Infinity);
    d.send(10).says('P. 1:11(10) ack 1');
    heard(d, 100_000 * SECOND);
    d.state('ESTABLISHED');
    d.it.setUserTimeout(d.now, 0);
    heard(d, 100 * SECOND);
    d.state('CLOSED');
    expect(d.it.error?.code).toBe('ETIMEDOUT');
  });

  test('a user timeout that is set while data waits counts from the last progress', () => {
    const d = new Dialogue().established();
    d.send(10).says('P. 1:11(10) ack 1');
    heard(d, 5 * SECOND);
    d.it.setUserTimeout(d.now, 6 * SECOND);
    heard(d, SECOND - 1);
    d.state('ESTABLISHED');
    heard(d, 1);
    d.state('CLOSED').silent();
  });

  test('no data, no timeout', () => {
    const d = new Dialogue({ settings: { userTimeout: SECOND } }).established();
    d.quietFor(100 * SECOND).state('ESTABLISHED');
    d.send(1)
      .says('P. 1:2(1) ack 1')
      .peer('. 1:1(0) ack 2')
      .quietFor(100 * SECOND);
    d.state('ESTABLISHED');
  });

  test('a timeout that is no positive number is refused', () => {
    const d = new Dialogue().established();
    expect(() => d.it.setUserTimeout(0, -1)).toThrow(MisuseError);
    expect(() => d.it.setUserTimeout(0, Number.NaN)).toThrow(MisuseError);
    expect(() => d.it.advertiseUserTimeout(0, Infinity)).toThrow(MisuseError);
    expect(() => d.it.setKeepAlive(0, { idle: 0 })).toThrow(MisuseError);
  });
});

describe('keep-alive', () => {
  // Proves: MUST-24 MAY-5
  test('is switched on and off for one connection', () => {
    const d = new Dialogue().established();
    d.it.setKeepAlive(d.now, { idle: 10 * SECOND, interval: 2 * SECOND, probes: 2 });
    expect(heard(d, 13 * SECOND)).toEqual(['10 . 0:0(0) ack 1', '12 . 0:0(0) ack 1']);
    d.it.setKeepAlive(d.now, null);
    expect(heard(d, 1000 * SECOND)).toEqual([]);
    d.state('ESTABLISHED');
    d.it.setKeepAlive(d.now, { idle: 2000 * SECOND });
    // It counts from the peer's last word, 1013 s ago.
    expect(heard(d, 990 * SECOND)).toEqual(['987 . 0:0(0) ack 1']);
  });

  test('what is set before the handshake is done begins with it', () => {
    const d = new Dialogue().open();
    d.it.setKeepAlive(d.now, { idle: 10 * SECOND });
    d.says('S 0:0(0)').peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').silent();
    expect(heard(d, 11 * SECOND)).toEqual(['10 . 0:0(0) ack 1']);
  });

  test('ends a connection whose peer is gone, with a reset', () => {
    const d = new Dialogue().established();
    d.it.setKeepAlive(d.now, { idle: 10 * SECOND, interval: SECOND, probes: 3 });
    expect(heard(d, 100 * SECOND)).toEqual([
      '10 . 0:0(0) ack 1',
      '11 . 0:0(0) ack 1',
      '12 . 0:0(0) ack 1',
      '13 R 1:1(0)',
    ]);
    expect(d.it.error?.code).toBe('ETIMEDOUT');
  });
});

describe('the user timeout option', () => {
  test('is written and read, in seconds or in minutes', () => {
    for (const field of [1, 0x7fff, 0x8001, 0xffff]) {
      const segment = new Segment();
      segment.userTimeout = field;
      const bytes = new Uint8Array(60);
      const length = writeSegment(segment, bytes, 0);
      const back = new Segment();
      expect(parseSegment(bytes, 0, length, back)).toBeNull();
      expect(back.userTimeout).toBe(field);
      expect(Array.from(bytes.subarray(20, 24))).toEqual([28, 4, field >> 8, field & 0xff]);
    }
  });

  // Proves: RFC5482-3.3-zero RFC5482-3.3-format
  test('a timeout is rounded up, never to zero, and in minutes where seconds do not suffice', () => {
    expect(userTimeoutField(1)).toBe(1);
    expect(userTimeoutField(5 * SECOND)).toBe(5);
    expect(userTimeoutField(32_767 * SECOND)).toBe(0x7fff);
    expect(userTimeoutField(32_768 * SECOND)).toBe(0x8000 | 547);
    expect(userTimeoutField(1e15)).toBe(0xffff);
  });

  test('goes out at once when the user asks for it, and on what is sent again', () => {
    const d = new Dialogue().established();
    d.it.advertiseUserTimeout(d.now, 30 * SECOND);
    expect(d.hear()).toContain('<uto 30>');
    d.send(10);
    expect(d.hear()).not.toContain('uto');
    d.pass(SECOND);
    expect(d.hear()).toContain('<uto 30>');
  });

  test('waits for a segment that has room for it', () => {
    const d = new Dialogue({ settings: { nagle: false } }).open();
    d.it.advertiseUserTimeout(d.now, 30 * SECOND);
    expect(d.hear()).toContain('uto 30');
    d.peer('S. 0:0(0) ack 1 <mss 1460>').says('. 1:1(0) ack 1').silent();
    d.send(2_000);
    d.says('. 1:1461(1460) ack 1', 'P. 1461:2001(540) ack 1').pass(SECOND);
    expect(d.hear()).toContain('1:1461(1460) ack 1 win 65535');
    d.peer('. 1:1(0) ack 1461');
    expect(d.hear()).toContain('1461:2001(540) ack 1 win 65535 <uto 30>');
  });
});
