/** Path MTU discovery, and forged reports of it. @rfc 1191, 5927 7 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { tooBig } from '../../testing/icmp-packet.ts';
import { PathMtuCache } from '../tcb/path-mtu-cache.ts';
import { parseAddress } from '../wire/index.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const MSS = 1460;

const mtu = (d: Dialogue) => d.it.snapshot().pathMtu;
const believed = (d: Dialogue) => (d.stack.counters.dropped.get('icmp: not believed') ?? 0) === 0;

/** Whether the next packet forbids routers to cut it. */
function forbids(d: Dialogue): boolean {
  const out = new Uint8Array(2000);
  expect(d.stack.pollTransmit(d.now, out, 0)).toBeGreaterThan(0);
  return (out[6] & 0x40) !== 0;
}

describe('a packet that was too big', () => {
  test('is sent again at once in pieces that fit, one of them until an ACK comes', () => {
    const d = new Dialogue().established();
    d.send(3 * MSS).says('. 1:1461(1460) ack 1', '. 1461:2921(1460) ack 1', 'P. 2921:4381(1460) ack 1');
    const { cwnd } = d.it.snapshot();
    tooBig(d, 1200).says('. 1:1161(1160) ack 1').silent();
    expect(d.it.snapshot()).toMatchObject({ pathMtu: 1200, cwnd: 1160, snd: { mss: 1160 } });
    d.peer('. 1:1(0) ack 1161')
      .says('. 1161:1461(300) ack 1', '. 1461:2621(1160) ack 1', '. 2621:2921(300) ack 1')
      .silent();
    d.peer('. 1:1(0) ack 2621').says('. 2921:4081(1160) ack 1', 'P. 4081:4381(300) ack 1').silent();
    d.peer('. 1:1(0) ack 4381').silent();
    // Nothing was lost to congestion: the window is what it was, and more.
    expect(d.it.snapshot().cwnd).toBeGreaterThanOrEqual(cwnd - MSS);
    expect(d.it.snapshot().inFlight).toBe(0);
  });

  test('with a FIN keeps it on the last piece', () => {
    const d = new Dialogue().established();
    d.send(MSS);
    d.it.close(d.now);
    d.says('FP. 1:1461(1460) ack 1');
    tooBig(d, 1000).says('. 1:961(960) ack 1').silent();
    d.peer('. 1:1(0) ack 961').says('FP. 961:1461(500) ack 1').peer('. 1:1(0) ack 1462').state('FIN-WAIT-2');
  });

  test('leaves alone what is out and fits', () => {
    const d = new Dialogue().established();
    d.send(500).says('P. 1:501(500) ack 1').send(MSS).send(MSS).says('. 501:1961(1460) ack 1');
    d.hearAll();
    tooBig(d, 1000, 501).says('. 501:1461(960) ack 1').silent();
  });

  test('from a router that tells no MTU means the next plateau below the packet', () => {
    const d = new Dialogue().established();
    d.send(2 * MSS).hearAll();
    tooBig(d, 0).hearAll();
    expect(mtu(d)).toBe(1492);
    tooBig(d, 0, 1, 1492);
    expect(mtu(d)).toBe(1006);
  });

  test('makes the next connection to the same host begin with what fits, and announces as much as before', () => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    tooBig(d, 1200).hearAll();
    d.peerPort++;
    d.iss = null;
    d.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1 <mss 1460>').peer('. 1:1(0) ack 1');
    const other = d.accept();
    expect(other.snapshot().snd.mss).toBe(1160);
    d.send(MSS).says('. 1:1161(1160) ack 1');
  });

  // Proves: RFC8201-5.2
  test('is cut for every connection to that host that has one out', () => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    const first = d.iss;
    d.peerPort++;
    d.iss = null;
    d.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1');
    d.accept();
    d.send(MSS).says('P. 1:1461(1460) ack 1').silent();
    const second = d.iss;
    d.peerPort--;
    d.iss = first;
    tooBig(d, 1200).says('. 1:1161(1160) ack 1').silent();
    d.peerPort++;
    d.iss = second;
    // It learns of it when it has a reason to send.
    d.peer('P. 1:2(1) ack 1').says('. 1:1161(1160) ack 2');
  });

  // Proves: RFC1191-3-wait RFC8201-5.3
  test('is forgotten after ten minutes: the path may have grown', () => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    tooBig(d, 1200).hearAll();
    d.peer('. 1:1(0) ack 1461').silent();
    d.pass(10 * MINUTE - 1)
      .send(MSS)
      .says('. 1461:2621(1160) ack 1')
      .silent();
    d.peer('. 1:1(0) ack 2621').says('P. 2621:2921(300) ack 1').peer('. 1:1(0) ack 2921');
    d.pass(1).send(MSS).says('P. 2921:4381(1460) ack 1');
    expect(mtu(d)).toBe(1500);
  });

  test('may be cut by routers when it would have to be smaller than the least that we go to', () => {
    const d = new Dialogue().established();
    d.send(MSS);
    expect(forbids(d)).toBe(true);
    tooBig(d, 300);
    expect(d.it.snapshot()).toMatchObject({ pathMtu: 300, snd: { mss: 512 } });
    expect(forbids(d)).toBe(false);
  });
});

describe('a report is not believed', () => {
  test.each([1500, 1501, 65_535])('that asks for %i octets: the estimate never grows', (claim) => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    expect(believed(tooBig(d, claim).silent())).toBe(false);
    expect(mtu(d)).toBe(1500);
  });

  test('below what every link takes', () => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    expect(believed(tooBig(d, 67).silent())).toBe(false);
    expect(mtu(d)).toBe(1500);
  });

  test('about a segment that is not out', () => {
    const d = new Dialogue().established();
    d.send(MSS).hearAll();
    expect(believed(tooBig(d, 1200, MSS + 1).silent())).toBe(false);
    expect(mtu(d)).toBe(1500);
  });

  test('about a connection that has sent nothing so large', () => {
    const d = new Dialogue().established();
    d.send(100).hearAll();
    expect(believed(tooBig(d, 1200).silent())).toBe(false);
    expect(mtu(d)).toBe(1500);
  });

  test('at once when the path has carried more: a timeout must bear it out', () => {
    const d = new Dialogue().established();
    d.send(MSS).says('P. 1:1461(1460) ack 1').peer('. 1:1(0) ack 1461');
    d.send(MSS).says('P. 1461:2921(1460) ack 1');
    tooBig(d, 600, MSS + 1).silent();
    expect(mtu(d)).toBe(1500);
    d.pass(SECOND).says('. 1461:2021(560) ack 1').silent();
    expect(mtu(d)).toBe(600);
  });

  test('when the peer acknowledges what was too big', () => {
    const d = new Dialogue().established();
    d.send(MSS).says('P. 1:1461(1460) ack 1').peer('. 1:1(0) ack 1461');
    d.send(MSS).says('P. 1461:2921(1460) ack 1');
    tooBig(d, 600, MSS + 1)
      .peer('. 1:1(0) ack 2921')
      .send(MSS)
      .says('P. 2921:4381(1460) ack 1');
    d.pass(SECOND).says('P. 2921:4381(1460) ack 1');
    expect(mtu(d)).toBe(1500);
  });
});

describe('a router that drops large packets in silence', () => {
  test('is found after so many timeouts, where the settings say so', () => {
    const d = new Dialogue({ settings: { blackHoleTimeouts: 2 } }).established();
    d.send(MSS).says('P. 1:1461(1460) ack 1');
    d.pass(SECOND)
      .says('P. 1:1461(1460) ack 1')
      .pass(2 * SECOND)
      .says('P. 1:1461(1460) ack 1');
    d.pass(4 * SECOND).says('. 1:1453(1452) ack 1');
    expect(mtu(d)).toBe(1492);
  });

  test('is not blamed for the loss of small ones, or of what it has carried', () => {
    const d = new Dialogue({ settings: { blackHoleTimeouts: 1 } }).established();
    d.send(MSS).says('P. 1:1461(1460) ack 1').peer('. 1:1(0) ack 1461').send(MSS).hearAll();
    for (const wait of [1, 2, 4, 8]) d.pass(wait * SECOND).says('P. 1461:2921(1460) ack 1');
  });
});

test('what is known of paths is bounded: the oldest goes first', () => {
  const paths = new PathMtuCache();
  const host = (i: number) => parseAddress(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  for (let i = 0; i < 5000; i++) paths.learn(i, host(i), 1000, Infinity);
  expect(paths.size).toBe(1024);
  expect(paths.find(5000, host(0))).toBeNull();
  expect(paths.find(5000, host(4999))?.mtu).toBe(1000);
});
