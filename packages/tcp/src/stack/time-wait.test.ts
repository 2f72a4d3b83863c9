/** TIME-WAIT: what is kept of a connection, and how a SYN, a reset or its user ends it. */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { completeParts } from '../tcb/reference.ts';
import { defaultSettings } from '../tcb/settings.ts';
import { PathMtuCache } from '../tcb/path-mtu-cache.ts';
import { Tcb } from '../tcb/tcb.ts';
import { TIME_WAIT_REUSE } from '../tcb/time-wait.ts';
import { Address, parseAddress, seq } from '../wire/index.ts';
import { TimeWaitTable } from './time-wait-table.ts';

const MSL2 = 240_000_000;

/** A connection that its application has left and that is in TIME-WAIT; the peer's numbers go to 2, ours to 2. */
function waiting(settings = {}, options = ''): Dialogue {
  const d = new Dialogue({ settings }).listen();
  const with_ = (numbers: string) => (options === '' ? numbers : `${numbers} <${options}>`);
  d.peer(with_('S 0:0(0)')).hearAll();
  d.peer(with_('. 1:1(0) ack 1'));
  d.accept().release(d.now);
  d.hearAll();
  d.peer(with_('F. 1:1(0) ack 2')).hearAll();
  return d;
}

const states = (d: Dialogue) => d.stack.connections().map(({ state }) => state);

describe('what is kept', () => {
  test('a hundred thousand cost less than 128 octets each, and all of them end', () => {
    const table = new TimeWaitTable(7);
    const local = parseAddress('10.0.0.1');
    const parts = completeParts();
    const settings = defaultSettings;
    const paths = new PathMtuCache();
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      const remote = new Address();
      remote.setIpv4(0x0a000000 + (i >> 4));
      const tuple = {
        localAddress: local,
        localPort: 80,
        remoteAddress: remote,
        remotePort: 1024 + (i & 15),
      };
      const tcb = new Tcb({ id: i + 1, now: 0, tuple, mtu: 1500, mss: 1460, paths, settings, parts });
      tcb.snd.nxt = seq(i * 77_777);
      table.add(tcb, 1_000_000 + ((i * 7919) % count));
    }
    expect(table.size).toBe(count);
    expect(table.memory / count).toBeLessThan(128);
    const remote = new Address();
    remote.setIpv4(0x0a000000 + (54_321 >> 4));
    const found = table.find(local, 80, remote, 1024 + (54_321 & 15));
    expect(table.id(found)).toBe(54_322);
    expect(table.tuple(found)).toMatchObject({ localPort: 80, remotePort: 1025 });
    expect(table.find(local, 81, remote, 1025)).toBe(-1);
    let last = 0;
    const paths2 = new PathMtuCache();
    for (let i = 0; i < count; i++) {
      const entry = table.first();
      expect(table.next()).toBeGreaterThanOrEqual(last);
      last = table.next();
      const id = table.id(entry);
      const tcb = new Tcb({
        id,
        now: 0,
        tuple: table.tuple(entry),
        mtu: 1500,
        mss: 1460,
        paths: paths2,
        settings,
        parts,
      });
      table.take(entry, tcb);
      if (tcb.snd.nxt !== seq((id - 1) * 77_777))
        throw new Error(`entry of connection ${id} holds another's numbers`);
    }
    expect(table.size).toBe(0);
    expect(table.next()).toBe(Infinity);
  });

  test('its user and the listing see TIME-WAIT, and CLOSED after two MSL', () => {
    const d = waiting();
    expect(d.it.parked).toBe(true);
    expect(d.it.snapshot().state).toBe('TIME-WAIT');
    d.state('TIME-WAIT')
      .quietFor(MSL2 - 1)
      .state('TIME-WAIT');
    expect(states(d)).toEqual(['LISTEN', 'TIME-WAIT']);
    d.quietFor(1).state('CLOSED');
    expect(states(d)).toEqual(['LISTEN']);
    expect(
      d.stack
        .takeTrace()
        .filter(({ name }) => name === 'state_updated')
        .at(-1),
    ).toMatchObject({
      connection: d.it.id,
      old: 'TIME-WAIT',
      new: 'CLOSED',
      trigger: 'time-wait-timeout',
    });
  });

  test('the peer’s FIN once more is acknowledged, and two MSL begin anew', () => {
    const d = waiting();
    d.quietFor(MSL2 - 5)
      .peer('F. 1:1(0) ack 2')
      .says('. 2:2(0) ack 2')
      .silent();
    d.quietFor(MSL2 - 1)
      .state('TIME-WAIT')
      .quietFor(1)
      .state('CLOSED');
  });

  test('challenges are throttled as if nothing had been put away between them', () => {
    const d = waiting({ challengeAcksPerSecond: 2 });
    let answers = 0;
    for (let i = 0; i < 9; i++) answers += d.peer('S 9:9(0)').hearAll().length;
    expect(answers).toBe(2);
  });

  test('its user may still abort it', () => {
    const d = waiting();
    d.it.abort(d.now);
    d.silent().state('CLOSED');
    expect(states(d)).toEqual(['LISTEN']);
    const trace = d.stack.takeTrace().filter(({ name }) => name === 'state_updated');
    expect(trace.at(-1)).toMatchObject({ old: 'TIME-WAIT', new: 'CLOSED', trigger: 'abort' });
  });

  test('a connection that its application still holds is kept whole', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.hearAll();
    d.peer('FP. 1:11(10) ack 2').hearAll();
    expect(d.it.parked).toBe(false);
    expect(d.receive()).toHaveLength(10);
    d.state('TIME-WAIT').quietFor(MSL2).state('CLOSED');
  });
});

describe('a SYN in TIME-WAIT', () => {
  const timestamps = { timestamps: true };
  const TS = 'TS val 1000 ecr 0';

  test.each([
    ['a newer timestamp', timestamps, TS, 'S 1:1(0) <TS val 1001 ecr 0>', true],
    ['an older timestamp', timestamps, TS, 'S 500:500(0) <TS val 999 ecr 0>', false],
    ['the same timestamp and a higher number', timestamps, TS, 'S 2:2(0) <TS val 1000 ecr 0>', true],
    ['the same timestamp and a lower number', timestamps, TS, 'S 1:1(0) <TS val 1000 ecr 0>', false],
    ['no timestamp and a higher number', timestamps, TS, 'S 2:2(0)', true],
    ['no timestamp and a lower number', timestamps, TS, 'S 1:1(0)', false],
    ['a timestamp where the old one had none', timestamps, '', 'S 1:1(0) <TS val 5 ecr 0>', true],
    ['no timestamp where the old one had none, higher', timestamps, '', 'S 2:2(0)', true],
    ['no timestamp where the old one had none, lower', timestamps, '', 'S 1:1(0)', false],
    ['a higher number, timestamps not in use', {}, '', 'S 2:2(0)', false],
    ['a higher number, by sequence', { timeWaitReuse: TIME_WAIT_REUSE.bySequence }, '', 'S 2:2(0)', true],
    ['a lower number, by sequence', { timeWaitReuse: TIME_WAIT_REUSE.bySequence }, '', 'S 1:1(0)', false],
    [
      'a newer timestamp, but never',
      { ...timestamps, timeWaitReuse: 0 },
      TS,
      'S 2:2(0) <TS val 9999 ecr 0>',
      false,
    ],
  ])('with %s', (_what, settings, options, syn, opens) => {
    const d = waiting(settings, options);
    d.pass(1_000_000).peer(syn);
    const [answer] = d.hearAll();
    expect(answer.startsWith('S.') ? 'opens' : 'is challenged', d.story()).toBe(
      opens ? 'opens' : 'is challenged',
    );
    expect(states(d)).toEqual(['LISTEN', opens ? 'SYN-RECEIVED' : 'TIME-WAIT']);
  });

  // Proves: MAY-2
  test('the new connection begins above the numbers of the old', () => {
    const d = new Dialogue({
      settings: timestamps,
      parts: { isn: { initialSequence: () => seq(4_000) } },
    }).listen();
    d.peer(`S 0:0(0) <${TS}>`).hearAll();
    d.peer(`. 1:1(0) ack 1 <${TS}>`);
    d.accept().release(d.now);
    d.hearAll();
    d.peer(`F. 1:1(0) ack 2 <${TS}>`).hearAll();
    d.peer('S 90:90(0) <TS val 1001 ecr 0>').says('S. 65539:65539(0) ack 91');
  });
});

describe('a reset in TIME-WAIT', () => {
  // Proves: RFC1337-3-F1
  test.each([
    [false, []],
    [true, ['TIME-WAIT']],
  ])('ends it unless the setting says no: %s', (timeWaitIgnoresResets, left) => {
    const d = waiting({ timeWaitIgnoresResets });
    d.peer('R 2:2(0)').silent();
    expect(states(d)).toEqual(['LISTEN', ...left]);
  });
});
