/** ICMP errors that come for a connection. @rfc 9293 3.9.2.2, 5927 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { tellIcmp } from '../../testing/icmp-packet.ts';
import { Events } from './events.ts';

const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const SECOND = 1_000_000;

const dropped = (d: Dialogue, reason: string) => d.stack.counters.dropped.get(reason) ?? 0;

describe('a hard error', () => {
  test.each([
    [2, 'ENOPROTOOPT'],
    [3, 'ECONNREFUSED'],
  ])('of code %i ends an OPEN at once, with %s', (code, error) => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    tellIcmp(d, { type: UNREACHABLE, code, seq: 0 }).silent().state('CLOSED');
    expect(d.it.error?.code).toBe(error);
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.CLOSED }]);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('takes a half-open connection of a listener away, and the listener goes on', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    tellIcmp(d, { code: 3, seq: 0 }).silent();
    expect(d.listener?.halfOpen).toBe(0);
    expect(d.stack.connections().map(({ state }) => state)).toEqual(['LISTEN']);
  });

  test.each([2, 3])('of code %i ends no open connection: it is told, and octets go out again', (code) => {
    const d = new Dialogue().established();
    d.send(5).says('P. 1:6(5) ack 1');
    tellIcmp(d, { code }).silent().state('ESTABLISHED');
    expect(d.it.softError?.code).toBe(code === 2 ? 'ENOPROTOOPT' : 'ECONNREFUSED');
    d.pass(SECOND).says('P. 1:6(5) ack 1').peer('. 1:1(0) ack 6').state('ESTABLISHED');
  });
});

const SOFT: [string, number, number, string][] = [
  ['net unreachable', UNREACHABLE, 0, 'ENETUNREACH'],
  ['host unreachable', UNREACHABLE, 1, 'EHOSTUNREACH'],
  ['source route failed', UNREACHABLE, 5, 'EOPNOTSUPP'],
  ['prohibited', UNREACHABLE, 13, 'EHOSTUNREACH'],
  ['time to live exceeded', TIME_EXCEEDED, 0, 'EHOSTUNREACH'],
  ['reassembly time exceeded', TIME_EXCEEDED, 1, 'EHOSTUNREACH'],
  ['parameter problem', PARAMETER_PROBLEM, 0, 'EPROTO'],
];

describe('a soft error', () => {
  test.each(SOFT)('(%s) ends no OPEN: the SYN goes out again', (_, type, code, error) => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    tellIcmp(d, { type, code, seq: 0 }).silent().state('SYN-SENT');
    expect(d.it.softError?.code).toBe(error);
    expect(d.it.error).toBeNull();
    d.pass(SECOND).says('S 0:0(0)').peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
    expect(d.it.softError).toBeNull();
  });

  // Proves: MUST-47 SHLD-25
  test.each(SOFT)('(%s) is told to the user of an open connection, once', (_, type, code, error) => {
    const d = new Dialogue().established();
    d.send(5).says('P. 1:6(5) ack 1');
    d.stack.takeEvents();
    tellIcmp(d, { type, code }).silent().state('ESTABLISHED');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.REPORT }]);
    expect(d.it.snapshot().softError).toBe(error);
    expect(d.it.takeSoftError()?.code).toBe(error);
    expect(d.it.takeSoftError()).toBeNull();
  });

  test('is why a connection is given up, when nothing better is known', () => {
    const d = new Dialogue({ settings: { retransmissionLimit: 5 * SECOND } }).established();
    d.send(5).says('P. 1:6(5) ack 1');
    tellIcmp(d, { code: 0 });
    while (d.it.state === 'ESTABLISHED') {
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      d.hearAll();
    }
    expect(d.it.error?.code).toBe('ENETUNREACH');
  });

  test('is forgotten once octets are acknowledged again', () => {
    const d = new Dialogue().established();
    d.send(5).says('P. 1:6(5) ack 1');
    tellIcmp(d, { code: 1 }).peer('. 1:1(0) ack 6');
    expect(d.it.softError).toBeNull();
  });

  test('ends an OPEN where the settings say so, as Linux does', () => {
    const d = new Dialogue({ settings: { softErrorsEndOpen: true } }).open();
    d.says('S 0:0(0)');
    tellIcmp(d, { code: 1, seq: 0 }).state('CLOSED');
    expect(d.it.error?.code).toBe('EHOSTUNREACH');
  });
});

// Proves: SHLD-9 SHLD-10
test('silence is told after three retransmissions, and no more once the peer answers', () => {
  const d = new Dialogue().established();
  d.send(5).says('P. 1:6(5) ack 1');
  for (const wait of [1, 2, 4]) {
    d.pass(wait * SECOND).says('P. 1:6(5) ack 1');
    expect(d.it.softError).toBeNull();
  }
  d.stack.takeEvents();
  d.pass(8 * SECOND).says('P. 1:6(5) ack 1');
  expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.REPORT }]);
  expect(d.it.softError?.code).toBe('ETIMEDOUT');
  d.state('ESTABLISHED').peer('. 1:1(0) ack 6');
  expect(d.it.softError).toBeNull();
});

// Proves: SHLD-20
test('a user who does not want reports is woken by none, and finds them all the same', () => {
  const d = new Dialogue().established();
  d.it.reports = false;
  d.send(5).says('P. 1:6(5) ack 1');
  d.stack.takeEvents();
  tellIcmp(d, { code: 1 });
  expect(d.stack.takeEvents()).toEqual([]);
  expect(d.it.softError?.code).toBe('EHOSTUNREACH');
});

test('a source quench changes nothing at all', () => {
  const d = new Dialogue().established();
  d.send(5).says('P. 1:6(5) ack 1');
  const before = d.it.snapshot();
  tellIcmp(d, { type: SOURCE_QUENCH, code: 0 }).silent();
  expect(d.it.snapshot()).toEqual(before);
  expect(dropped(d, 'icmp: not believed')).toBe(1);
});

// Proves: RFC5927-4.3
describe('an error is passed over when it is', () => {
  const inFlight = () => {
    const d = new Dialogue().established();
    d.send(100).says('P. 1:101(100) ack 1').peer('. 1:1(0) ack 51').silent();
    return d;
  };

  test.each([
    ['older than SND.UNA', 50, false],
    ['SND.UNA', 51, true],
    ['the last octet that is out', 100, true],
    ['SND.NXT, which is not out', 101, false],
    ['half a ring away', 2 ** 31, false],
  ])('about %s: believed? %#', (_, seq, believed) => {
    const d = inFlight();
    tellIcmp(d, { code: 1, seq });
    expect(d.it.softError !== null).toBe(believed);
    expect(dropped(d, 'icmp: not believed')).toBe(believed ? 0 : 1);
  });

  test('about a connection that is not', () => {
    const d = inFlight();
    d.peerPort++;
    tellIcmp(d, { seq: 51 });
    expect(dropped(d, 'icmp: about no connection')).toBe(1);
  });

  test.each([{ protocol: 17 }, { source: '10.0.0.9' }])('about no segment of ours: %o', (fields) => {
    const d = inFlight();
    tellIcmp(d, { seq: 51, ...fields });
    expect(dropped(d, 'icmp: about no segment of ours')).toBe(1);
    expect(d.it.softError).toBeNull();
  });
});
