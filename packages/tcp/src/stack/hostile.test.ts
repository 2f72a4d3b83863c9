/** Malformed and hostile input, the last of 40 kinds: peers and strangers that lie, flood, or answer without end. @rfc 9293 3.10.7, 5961, 4987 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { Watch } from '../soak/invariants.ts';
import { packetOf } from '../../testing/packet.ts';
import { runWorld, type EndPlan } from '../soak/index.ts';
import { createIpStack, createStack } from './stack.ts';
import { createNetwork, createRandom } from '../sim/index.ts';
import type { Seq } from '../units.ts';
import { ACK, RST, SYN, Segment, seq, seqAdd } from '../wire/index.ts';

const SECOND = 1_000_000;
const SEED = 20_260_902;

describe('answers without end', () => {
  test('are not given to ACKs outside the window: ten in a second', () => {
    const d = new Dialogue().established();
    for (let i = 0; i < 10; i++) d.peer('. -100:-100(0) ack 1').says('. 1:1(0) ack 1').silent();
    d.peer('. -100:-100(0) ack 1').silent().peer('. 1:1(0) ack 100').silent().peer('S 5:5(0)').silent();
    d.pass(SECOND).peer('. 1:1(0) ack 100').says('. 1:1(0) ack 1').silent();
  });

  test('are given to octets outside the window, each time: their sender must learn what is missing', () => {
    const d = new Dialogue().established();
    for (let i = 0; i < 30; i++) d.peer('P. -99:1(100) ack 1').says('. 1:1(0) ack 1').silent();
    for (let i = 0; i < 30; i++) d.peer('P. 1:6(5) ack 100').says('. 1:1(0) ack 1').silent();
    expect(d.it.readable).toBe(0);
  });

  test('do not pass between two ends whose numbers have nothing in common', () => {
    const network = createNetwork({ seed: 1 });
    const stacks = [1, 2].map((n) =>
      createStack({
        mac: `02:00:00:00:00:0${n}`,
        address: `10.0.0.${n}`,
        prefixLength: 24,
        random: createRandom(n),
        isnSecret: new Uint8Array(16),
        parts: { isn: { initialSequence: () => 1000 as Seq } },
      }),
    );
    for (const stack of stacks) network.add({ stack });
    const [client, server] = stacks;
    // Each is told by a third that it is connected to the other, at numbers the other does not have.
    const connection = client.open(0, { address: '10.0.0.2', port: 80, localPort: 5000 });
    network.run({ limit: 10 });
    const listener = server.listen(network.now, { port: 80 });
    const forged = (from: string, to: string, ports: [number, number], flags: number, at: number) => {
      const segment = new Segment();
      [segment.sourcePort, segment.destinationPort] = ports;
      segment.flags = flags;
      segment.seq = seq(at);
      segment.ack = seq(1001);
      segment.wnd = 60_000;
      return packetOf(from, to, segment);
    };
    const tell = (stack: (typeof stacks)[0], packet: Uint8Array) =>
      stack.ip.onPacket(network.now, packet, 0, packet.length);
    tell(client, forged('10.0.0.2', '10.0.0.1', [80, 5000], SYN | ACK, 3_000_000_000));
    tell(server, forged('10.0.0.1', '10.0.0.2', [5000, 80], SYN, 2_000_000_000));
    tell(server, forged('10.0.0.1', '10.0.0.2', [5000, 80], ACK, 2_000_000_001));
    expect(connection.state).toBe('ESTABLISHED');
    expect(listener.accept()?.state).toBe('ESTABLISHED');
    connection.send(network.now, new Uint8Array(10));
    network.touch(1);
    network.touch(2);
    const before = client.counters.segmentsSent + server.counters.segmentsSent;
    network.run({ limit: 60 * SECOND });
    const sent = client.counters.segmentsSent + server.counters.segmentsSent - before;
    // Six retransmissions in a minute, and at most ten challenges from each end after each.
    expect(sent).toBeLessThanOrEqual(6 * 22);
  });

  test('do not pass between two ends whose windows are both shut', () => {
    const end: EndPlan = {
      iss: 1,
      mss: 1460,
      settings: { receiveBuffer: 100_000, sendBuffer: 300_000, msl: SECOND },
      impairment: {},
      gather: 0,
      total: 250_000,
      chunk: 250_000,
      read: 250_000,
      pause: 120 * SECOND,
      end: 'close',
      at: 0,
    };
    const { broken, frames } = runWorld({ seed: 1, crossing: true, ends: [end, end] });
    expect(broken).toEqual([]);
    expect(frames).toBeLessThan(1000);
  });
});

describe('a flood', () => {
  test('of 100,000 SYNs from made-up addresses leaves no more than the backlog, and that goes too', () => {
    const stack = createIpStack({
      address: '10.0.0.1',
      random: createRandom(1),
      isnSecret: new Uint8Array(16),
      settings: { backlog: 64 },
    });
    const listener = stack.listen(0, { port: 80 });
    const syn = new Segment();
    syn.destinationPort = 80;
    syn.flags = SYN;
    syn.mss = 1460;
    const out = new Uint8Array(1500);
    let answers = 0;
    let now = 0;
    for (let i = 0; i < 100_000; i++) {
      now += 10;
      syn.sourcePort = 1024 + (i % 60_000);
      syn.seq = seq(i * 7919);
      const packet = packetOf(`192.${i >>> 16}.${(i >>> 8) & 255}.${1 + (i & 127)}`, '10.0.0.1', syn);
      stack.onPacket(now, packet, 0, packet.length);
      while (stack.pollTransmit(now, out, 0) > 0) answers++;
    }
    expect(listener.halfOpen).toBe(65);
    expect(stack.connections()).toHaveLength(66);
    expect(stack.counters.synsRefused).toBe(100_000 - 65);
    expect(answers).toBeLessThanOrEqual(2 * 65);
    while (stack.pollTimeout() !== Infinity) {
      now = stack.pollTimeout();
      stack.onTimeout(now);
      while (stack.pollTransmit(now, out, 0) > 0);
    }
    expect(now).toBeLessThan(130 * SECOND);
    expect(listener.halfOpen).toBe(0);
    expect(stack.connections()).toHaveLength(1);
  });

  test('of resets, ACKs and SYNs to closed ports makes no connection, and at most one answer each', () => {
    const d = new Dialogue();
    d.iss = 0;
    for (let i = 0; i < 2000; i++) {
      d.peerPort = 1024 + i;
      d.peer(i % 3 === 0 ? 'S 0:0(0)' : i % 3 === 1 ? '. 5:5(0) ack 9' : 'R 5:5(0)');
      expect(d.hearAll()).toHaveLength(i % 3 === 2 ? 0 : 1);
    }
    expect(d.stack.connections()).toEqual([]);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('that nobody pulls answers of stays bounded', () => {
    const d = new Dialogue();
    d.iss = 0;
    for (let i = 0; i < 2000; i++) d.peer('S 0:0(0)');
    expect(d.hearAll().length).toBeLessThanOrEqual(256);
  });
});

// Proves: MUST-63
describe('a sender that nobody can be', () => {
  test.each(['10.0.0.1', '0.0.0.0', '127.0.0.1', '224.0.0.5', '255.255.255.255', '240.0.0.1'])(
    '%s is heard by no listener and no connection',
    (address) => {
      const d = new Dialogue().established();
      d.peerAddress = address;
      d.peer('S 0:0(0)').peer('R 1:1(0)').silent().state('ESTABLISHED');
      expect(d.stack.connections()).toHaveLength(2);
      expect(d.stack.counters.dropped.get('ipv4: bad source')).toBe(2);
    },
  );

  // Proves: MUST-57
  test('nor is what is sent to another host', () => {
    const d = new Dialogue().listen();
    const segment = new Segment();
    segment.destinationPort = 80;
    segment.flags = SYN;
    for (const to of ['10.0.0.255', '255.255.255.255', '224.0.0.1', '10.0.0.9']) {
      const packet = packetOf('10.0.0.2', to, segment);
      d.stack.onPacket(d.now, packet, 0, packet.length);
    }
    d.silent();
    expect(d.stack.connections()).toHaveLength(1);
  });
});

describe('a listener that closes', () => {
  test('resets its children in every state, and leaves nothing behind', () => {
    const d = new Dialogue().listen();
    const child = (port: number) => {
      d.peerPort = port;
      d.iss = null;
      return d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    };
    child(5001);
    child(5002).peer('. 1:1(0) ack 1').silent();
    child(5003).peer('P. 1:6(5) ack 1').pass(40_000).says('. 1:1(0) ack 6');
    child(5004).peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2');
    child(5005).peer('. 1:1(0) ack 1').silent();
    const kept = d.listener?.accept();
    expect(kept?.remotePort).toBe(5002);
    d.listener?.close(d.now);
    expect(d.hearAll().map((line) => line[0])).toEqual(['R', 'R', 'R', 'R']);
    expect(d.stack.connections().map(({ state }) => state)).toEqual(['ESTABLISHED']);
    d.peer('P. 1:6(5) ack 1');
    expect(d.hearAll()).toHaveLength(1);
    d.listen();
  });
});

test('a connection that is reset before anybody accepts it is handed out no more', () => {
  const d = new Dialogue().listen();
  d.peer('S 0:0(0)')
    .says('S. 0:0(0) ack 1')
    .peer('. 1:1(0) ack 1')
    .peer('P. 1:6(5) ack 1')
    .peer('R 6:6(0)')
    .silent();
  expect(d.listener?.pending).toBe(0);
  expect(d.listener?.accept()).toBeNull();
  expect(d.stack.connections()).toHaveLength(1);
});

/** Ways to bring a connection into each state. */
const STATES: Record<string, () => Dialogue> = {
  'SYN-SENT': () => heard(new Dialogue().open()),
  'SYN-RECEIVED of two SYNs': () => heard(heard(new Dialogue().open()).peer('S 0:0(0) <mss 1460>')),
  ESTABLISHED: () => new Dialogue().established(),
  'ESTABLISHED with octets out': () => heard(new Dialogue().established(3000).send(9000)),
  'ESTABLISHED with a shut window': () =>
    heard(
      heard(heard(new Dialogue().established(500).send(900)).peer('. 1:1(0) ack 501 win 0')).pass(SECOND),
    ),
  'ESTABLISHED with a small buffer': () => new Dialogue({ settings: { receiveBuffer: 10 } }).established(),
  'FIN-WAIT-1': () => closed(new Dialogue().established()),
  'FIN-WAIT-2': () => closed(new Dialogue().established()).peer('. 1:1(0) ack 2'),
  CLOSING: () => heard(closed(new Dialogue().established()).peer('F. 1:1(0) ack 1')),
  'CLOSE-WAIT': () => heard(new Dialogue().established().peer('F. 1:1(0) ack 1')),
  'LAST-ACK': () => closed(heard(new Dialogue().established().peer('F. 1:1(0) ack 1'))),
  'TIME-WAIT': () => heard(closed(new Dialogue().established()).peer('F. 1:1(0) ack 2')),
};

function heard(d: Dialogue): Dialogue {
  d.hearAll();
  return d;
}

function closed(d: Dialogue): Dialogue {
  d.it.close(d.now);
  return heard(d);
}

const near = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.integer(),
);
const blow = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('segment' as const),
      flags: fc.oneof(fc.constantFrom(ACK, ACK | 1, ACK | 8, SYN, SYN | ACK, RST, RST | ACK), fc.nat(63)),
      /** From RCV.NXT, from its right edge, or from IRS. */
      from: fc.constantFrom('nxt', 'edge', 'irs'),
      seq: near,
      /** From SND.UNA or SND.NXT. */
      acks: fc.constantFrom('una', 'nxt'),
      ack: near,
      length: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1460 })),
      wnd: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }), fc.nat(65_535)),
      up: fc.nat(65_535),
      mss: fc.constantFrom(0, 1, 536, 65_535),
      windowScale: fc.integer({ min: -1, max: 14 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'receive' as const, 'pass' as const),
      amount: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3 * SECOND })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('close' as const, 'timeout' as const, 'release' as const, 'accept' as const),
    }),
  },
);

type Blow = typeof blow extends fc.Arbitrary<infer T> ? T : never;

/** What a blow counts from. */
interface Numbers {
  readonly irs: Seq;
  readonly rcv: { readonly nxt: Seq; readonly wnd: number };
  readonly snd: { readonly una: Seq; readonly nxt: Seq };
}

function strike(d: Dialogue, blow: Blow & { kind: 'segment' }, { irs, rcv, snd }: Numbers): Segment {
  const segment = new Segment();
  segment.sourcePort = d.peerPort;
  segment.destinationPort = d.ourPort;
  segment.flags = blow.flags;
  const from = { nxt: rcv.nxt, edge: seqAdd(rcv.nxt, rcv.wnd), irs }[blow.from];
  segment.seq = seqAdd(from, blow.seq);
  segment.ack = seqAdd(snd[blow.acks], blow.ack);
  segment.wnd = blow.wnd;
  segment.up = blow.up;
  if (segment.syn) Object.assign(segment, { mss: blow.mss, windowScale: blow.windowScale });
  segment.bytes = new Uint8Array(blow.length);
  segment.payloadEnd = blow.length;
  const packet = packetOf(d.peerAddress, '10.0.0.1', segment);
  d.stack.onPacket(d.now, packet, 0, packet.length);
  return segment;
}

test('in SYN-RECEIVED of a listener, no segment breaks anything or throws', () => {
  fc.assert(
    fc.property(fc.array(blow, { maxLength: 40 }), (blows) => {
      const d = heard(new Dialogue().listen(0).peer('S 0:0(0) <mss 1460,wscale 2>'));
      const irs = seq(d.peerIss);
      const iss = seq(d.iss ?? 0);
      const numbers = {
        irs,
        rcv: { nxt: seqAdd(irs, 1), wnd: 65_535 },
        snd: { una: iss, nxt: seqAdd(iss, 1) },
      };
      for (const blow of blows) {
        if (blow.kind === 'segment') {
          const segment = strike(d, blow, numbers);
          const answers = d.hearAll();
          expect(answers.length).toBeLessThanOrEqual(1);
          if (segment.rst) expect(answers.filter((line) => line.startsWith('R'))).toEqual([]);
        } else if (blow.kind === 'pass') d.pass(blow.amount);
        d.hearAll();
        expect(d.listener?.halfOpen).toBeLessThanOrEqual(1);
        expect(d.stack.connections().length).toBeLessThanOrEqual(3);
        expect(d.stack.pollTimeout()).toBeGreaterThan(d.now);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test.each(Object.keys(STATES))('in %s, no segment breaks anything or throws', (state) => {
  fc.assert(
    fc.property(fc.array(blow, { maxLength: 40 }), (blows) => {
      const d = STATES[state]();
      const connection = d.it;
      const { tcb } = connection;
      const watch = new Watch(tcb);
      expect(watch.check()).toEqual([]);
      const end = () => connection.state === 'CLOSED' || connection.state === 'LISTEN';
      for (const blow of blows) {
        if (blow.kind === 'segment') {
          const numbers = { irs: tcb.irs, rcv: tcb.rcv, snd: tcb.snd };
          const segment = strike(d, blow, numbers);
          const answers = d.hearAll();
          // A reset is answered by nothing but a challenge.
          if (segment.rst) expect(answers.filter((line) => line.startsWith('R'))).toEqual([]);
        } else if (blow.kind === 'pass') d.pass(blow.amount);
        else if (blow.kind === 'timeout') {
          const at = d.stack.pollTimeout();
          if (at !== Infinity) d.pass(Math.max(0, at - d.now));
        } else if (blow.kind === 'receive') connection.receive(d.now, new Uint8Array(blow.amount));
        else if (blow.kind === 'accept') d.listener?.accept();
        else if (blow.kind === 'release') connection.release(d.now);
        else if (tcb.parts.connection.send(d.now, tcb) === null) {
          if (blow.kind === 'close') connection.close(d.now);
          if (blow.kind === 'send') connection.send(d.now, new Uint8Array(Math.min(blow.amount, 3000)));
        }
        d.hearAll();
        expect(watch.check(), d.story()).toEqual([]);
        if (!connection.parked) expect(d.stack.pollTimeout()).toBeLessThanOrEqual(tcb.timers.next());
        expect(d.stack.pollTimeout()).toBeGreaterThan(d.now);
        if (end()) break;
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});
