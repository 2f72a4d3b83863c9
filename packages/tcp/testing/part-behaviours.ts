// What any set of parts must do.
import { expect } from 'vitest';
import { createNetwork, createRandom } from '../src/sim/index.ts';
import { createStack } from '../src/stack/stack.ts';
import type { PartialParts } from '../src/tcb/parts.ts';
import { SYN_COOKIES } from '../src/tcb/settings.ts';
import type { Seq } from '../src/units.ts';
import { Dialogue } from './dialogue.ts';
import { tellIcmp, tooBig } from './icmp-packet.ts';

/** By name. */
export const BEHAVIOURS: Record<string, (parts: PartialParts) => void> = {
  'a passive open answers the SYN and is established': (parts) => {
    const d = new Dialogue({ parts }).listen();
    d.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1').silent();
    d.accept();
    d.state('ESTABLISHED');
  },
  'an active open sends a SYN and acknowledges the answer': (parts) => {
    const d = new Dialogue({ parts }).open();
    d.says('S 0:0(0)').peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
  },
  'a port that nobody listens on answers by a reset': (parts) => {
    const d = new Dialogue({ parts });
    d.iss = 0;
    d.peer('S 0:0(0)').says('R. 0:0(0) ack 1').silent();
  },
  'initial sequence numbers of later connections are ahead': (parts) => {
    const first = new Dialogue({ parts }).open();
    first.says('S 0:0(0)');
    const later = new Dialogue({ parts });
    later.now += 4_000_000;
    later.open().says('S 0:0(0)');
    expect(((later.iss ?? 0) - (first.iss ?? 0)) | 0).toBeGreaterThan(0);
    expect(later.iss).not.toBe(0);
  },
  'a segment wholly outside the window is refused with an ACK': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('P. 2000000:2000005(5) ack 1').says('. 1:1(0) ack 1').silent();
  },
  'a reset outside the window is ignored': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('R 2000000:2000000(0)').silent().state('ESTABLISHED');
  },
  'a reset at RCV.NXT ends the connection, and elsewhere is challenged': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('R 9:9(0)').says('. 1:1(0) ack 1').state('ESTABLISHED').peer('R 1:1(0)').silent().state('CLOSED');
  },
  'a SYN on an open connection is challenged': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('S 500:500(0) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
  },
  'segments are processed past the security check': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer("P. 1:3(2) ack 1 'hi'");
    expect(d.receive()).toBe('hi');
  },
  'an ACK of what was sent frees the buffer': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(5).says('P. 1:6(5) ack 1').peer('. 1:1(0) ack 6');
    expect(d.it.unacknowledged).toBe(0);
  },
  'the urgent pointer moves forward': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('PU. 1:6(5) ack 1 urg 50');
    const { rcv, irs } = d.it.snapshot();
    expect(rcv.up - irs).toBe(51);
  },
  'a hole that the peer tells of is filled, and nothing else sent again': (parts) => {
    const d = new Dialogue({ parts, settings: { sack: true } }).established(65_535, 'mss 1000,sackOK');
    d.send(4000).hearAll();
    d.peer('. 1:1(0) ack 1 <sack 1001:4001>').says('. 1:1001(1000) ack 1').silent();
  },
  'a lost tail is probed for before the timer': (parts) => {
    const settings = { sack: true, rack: true };
    const d = new Dialogue({ parts, settings }).established(65_535, 'mss 1000,sackOK');
    d.send(1000).hearAll();
    d.pass(300_000).says('P. 1:1001(1000) ack 1').silent();
  },
  'octets out of order are put in order': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('. 6:11(5) ack 1').says('. 1:1(0) ack 1').peer('. 1:6(5) ack 1').says('. 1:1(0) ack 11');
    expect(d.receive()).toBe('abcdefghij');
  },
  'the peer’s window is kept, and taken from the newest segment': (parts) => {
    const d = new Dialogue({ parts }).established(100);
    d.send(500)
      .says('. 1:101(100) ack 1')
      .silent()
      .peer('. 1:1(0) ack 101 win 65535')
      .says('P. 101:501(400) ack 1');
  },
  'the first flight is three segments': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(50_000);
    expect(d.hearAll()).toHaveLength(3);
  },
  'a lost segment is sent again after one RTO, and not before': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(5).says('P. 1:6(5) ack 1').quietFor(999_999).pass(1).says('P. 1:6(5) ack 1');
  },
  'a sample of the round trip sets the timeout': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(5).says('P. 1:6(5) ack 1').pass(800_000).peer('. 1:1(0) ack 6');
    expect(d.it.snapshot()).toMatchObject({ srtt: 100_000, rttvar: 200_000, rto: 1_000_000 });
  },
  'three duplicate ACKs send the lost segment at once': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(1460 * 3)
      .says('. 1:1461(1460) ack 1')
      .hearAll();
    for (let i = 0; i < 3; i++) d.peer('. 1:1(0) ack 1');
    d.says('. 1:1461(1460) ack 1');
  },
  'our close goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.it.close(d.now);
    d.state('FIN-WAIT-1').says('F. 1:1(0) ack 1').peer('. 1:1(0) ack 2').state('FIN-WAIT-2');
    d.peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').state('TIME-WAIT').quietFor(240_000_000).state('CLOSED');
  },
  'a FIN that comes again in TIME-WAIT starts two MSL anew': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').quietFor(239_000_000);
    d.peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').quietFor(239_000_000).state('TIME-WAIT');
  },
  'a host without that port, as a router tells, ends an OPEN': (parts) => {
    const d = new Dialogue({ parts }).open();
    d.says('S 0:0(0)');
    tellIcmp(d, { code: 3, seq: 0 }).state('CLOSED');
  },
  'a packet that a router found too big goes out again in pieces': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.send(1460).says('P. 1:1461(1460) ack 1');
    tooBig(d, 1000).says('. 1:961(960) ack 1');
  },
  'the peer’s close goes CLOSE-WAIT, LAST-ACK, CLOSED': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.peer('F. 1:1(0) ack 1').says('. 1:1(0) ack 2').state('CLOSE-WAIT');
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 2').state('LAST-ACK').peer('. 2:2(0) ack 2').state('CLOSED');
  },
  'ABORT sends a reset': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.it.abort(d.now);
    d.says('R 1:1(0)').state('CLOSED');
  },
  'sending after CLOSE is refused': (parts) => {
    const d = new Dialogue({ parts }).established();
    d.it.close(d.now);
    expect(() => d.it.send(d.now, new Uint8Array(1))).toThrow(/closing/);
  },
  'a listener sends a lost SYN,ACK again': (parts) => {
    const d = new Dialogue({ parts }).listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1').quietFor(999_999).pass(1).says('S. 0:0(0) ack 1');
  },
  'a cookie answers the SYN, and its return opens the connection': (parts) => {
    const d = new Dialogue({ parts, settings: { synCookies: SYN_COOKIES.always } }).listen();
    d.peer('S 0:0(0) <mss 1460,wscale 3>').says('S. 0:0(0) ack 1 win 65535 <mss 1460>');
    expect(d.listener?.halfOpen).toBe(0);
    d.peer('. 1:1(0) ack 1').silent();
    d.accept();
    d.state('ESTABLISHED');
  },
  'a full listener drops SYNs': (parts) => {
    const d = new Dialogue({ parts }).listen(0);
    for (const port of [5001, 5002]) {
      d.peerPort = port;
      d.peer('S 0:0(0)');
    }
    expect(d.hearAll()).toHaveLength(1);
  },
  'a corrupted segment is dropped': (parts) => {
    expect(transfer(parts, { loss: 0, corrupt: 0.05 })).toBe('whole');
  },
  'a long transfer over a bad wire arrives whole, with numbers that cross zero': (parts) => {
    expect(
      transfer({ isn: { initialSequence: () => 0xffff_f000 as Seq }, ...parts }, { loss: 0.02, corrupt: 0 }),
    ).toBe('whole');
  },
};

/** 300 kB from a client with `parts` to a server with them, both ways impaired. @returns 'whole', or what went wrong */
function transfer(parts: PartialParts, { loss, corrupt }: { loss: number; corrupt: number }): string {
  const size = 300_000;
  const network = createNetwork({ seed: 11 });
  const impairment = { loss, corrupt, duplicate: 0, reorder: 0, delay: 0 };
  const [client, server] = [1, 2].map((n) => {
    const stack = createStack({
      mac: `02:00:00:00:00:0${n}`,
      address: `10.0.0.${n}`,
      prefixLength: 24,
      random: createRandom(n),
      isnSecret: new Uint8Array(16).fill(n),
      parts,
      settings: { minRto: 200_000 },
    });
    return { stack, host: network.add({ stack, impairment }) };
  });
  const sent = Uint8Array.from({ length: size }, (_, i) => (i * 31) & 0xff);
  const received = new Uint8Array(size + 1);
  let length = 0;
  const listener = server.stack.listen(network.now, { port: 80 });
  const out = client.stack.open(network.now, { address: '10.0.0.2', port: 80 });
  out.send(network.now, sent);
  network.touch(client.host);
  let incoming = listener.accept();
  const end = network.run({
    limit: 600_000_000,
    steps: 1_000_000,
    until() {
      incoming ??= listener.accept();
      if (incoming === null) return false;
      const more = incoming.receive(network.now, received, length);
      length += more;
      if (more > 0) network.touch(server.host);
      return length >= size || out.error !== null;
    },
  });
  const same = length === size && sent.every((octet, i) => received[i] === octet);
  return same ? 'whole' : `${end.ended}: ${length} octets`;
}
