/** Octets in both directions: windows, order, acknowledgements. @rfc 9293 3.7, 3.8 */
import { describe, expect, test } from 'vitest';
import { Dialogue, pattern } from '../../testing/dialogue.ts';
import { Events } from './events.ts';

const ascii = (length: number, from = 1) => String.fromCharCode(...pattern(length, from));

describe('what the peer sends', () => {
  test('is acknowledged at every second full segment, or after the delayed ACK’s time', () => {
    const d = new Dialogue().established();
    d.peer('. 1:1461(1460) ack 1')
      .silent()
      .peer('. 1461:2921(1460) ack 1')
      .says('. 1:1(0) ack 2921')
      .silent();
    d.peer('P. 2921:2922(1) ack 1').quietFor(39_999).pass(1).says('. 1:1(0) ack 2922').silent();
  });

  test('is acknowledged by our own octets when there are some', () => {
    const d = new Dialogue().established();
    d.peer('P. 1:6(5) ack 1').send(3).says('P. 1:4(3) ack 6').quietFor(900_000);
  });

  // Proves: MUST-59
  test('in several segments that come before an answer can leave is acknowledged once', () => {
    const d = new Dialogue().established();
    d.peer('. 1:1461(1460) ack 1').peer('. 1461:2921(1460) ack 1').peer('. 2921:4381(1460) ack 1');
    d.says('. 1:1(0) ack 4381').silent().quietFor(900_000);
  });

  test('is put in order, with an ACK at once for each segment beyond a hole', () => {
    const d = new Dialogue().established();
    d.peer('. 11:21(10) ack 1').says('. 1:1(0) ack 1').peer('. 31:41(10) ack 1').says('. 1:1(0) ack 1');
    expect(d.it.readable).toBe(0);
    d.peer('. 1:11(10) ack 1').says('. 1:1(0) ack 21');
    expect(d.receive()).toBe(ascii(20));
    d.peer('. 21:31(10) ack 1').says('. 1:1(0) ack 41');
    expect(d.receive()).toBe(ascii(20, 21));
  });

  test('beyond a hole is acknowledged segment by segment, though all came before an ACK could leave', () => {
    const d = new Dialogue().established();
    d.peer('. 11:21(10) ack 1').peer('. 21:31(10) ack 1').peer('F. 31:36(5) ack 1');
    d.says('. 1:1(0) ack 1', '. 1:1(0) ack 1', '. 1:1(0) ack 1').silent();
    d.peer('. 31:36(5) ack 1').peer('. 1:11(10) ack 1').says('. 1:1(0) ack 37').silent().state('CLOSE-WAIT');
  });

  test('stays as it came first when a later copy differs', () => {
    const d = new Dialogue().established();
    d.peer("P. 6:11(5) ack 1 'WORLD'").peer("P. 1:11(10) ack 1 'helloxxxxx'");
    expect(d.receive()).toBe('helloWORLD');
  });

  test('is cut off at both edges of the window', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 20 } }).established();
    d.peer("P. 1:6(5) ack 1 'abcde'").peer("P. -2:9(11) ack 1 'xxxxxxxxfgh'");
    expect(d.receive(8)).toBe('abcdefgh');
    d.hearAll();
    d.peer("P. 9:40(31) ack 1 'ijklmnopqrstuvwxyz0123456789ABC'");
    // Eight octets of room are not worth a new right edge: it still lies where the SYN,ACK put it.
    expect(d.receive()).toBe('ijklmnopqrst');
  });

  test('is refused with an ACK when it lies wholly outside the window', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 100 } }).established();
    d.peer('P. 101:106(5) ack 1')
      .says('. 1:1(0) ack 1 win 100')
      .peer('P. 0:1(1) ack 1')
      .says('. 1:1(0) ack 1');
    expect(d.it.readable).toBe(0);
  });

  test('shuts the window when nobody reads, and opens it again with one ACK', () => {
    const d = new Dialogue({ settings: { receiveBuffer: 4000 } }).established();
    d.peer('. 1:1461(1460) ack 1').peer('. 1461:2921(1460) ack 1').says('. 1:1(0) ack 2921 win 1080');
    d.peer('P. 2921:4001(1080) ack 1').pass(40_000).says('. 1:1(0) ack 4001 win 0');
    d.peer('P. 4001:4002(1) ack 1').says('. 1:1(0) ack 4001 win 0').silent();
    expect(d.receive(100)).toHaveLength(100);
    d.silent();
    expect(d.receive()).toHaveLength(3900);
    d.says('. 1:1(0) ack 4001 win 4000').silent();
  });

  test('is taken whole when its numbers cross zero', () => {
    const d = new Dialogue({ peerIss: 0xffff_fff0 }).established();
    d.peer('. 1:1001(1000) ack 1').peer('FP. 1001:1006(5) ack 1').says('. 1:1(0) ack 1007');
    expect(d.receive()).toBe(ascii(1005));
    d.state('CLOSE-WAIT');
  });

  test.each([0, 0x7fff_ffff, 0xc000_0000])(
    'may be urgent, and moves RCV.UP forward only, from ISS %i on',
    (peerIss) => {
      const d = new Dialogue({ peerIss }).established();
      const up = () => (d.it.snapshot().rcv.up - d.it.snapshot().irs) >>> 0;
      expect(up()).toBe(1);
      d.peer('PU. 1:6(5) ack 1 urg 30');
      expect(up()).toBe(31);
      d.peer('PU. 6:11(5) ack 1 urg 3');
      expect(up()).toBe(31);
      d.peer('. 11:61(50) ack 1');
      expect(up()).toBe(61);
      expect(d.receive()).toBe(ascii(60));
    },
  );

  test('wakes its reader once', () => {
    const d = new Dialogue().established();
    d.stack.takeEvents();
    d.peer('P. 1:6(5) ack 1').peer('P. 6:11(5) ack 1');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.READABLE }]);
    expect(d.stack.takeEvents()).toEqual([]);
    d.peer('. 11:11(0) ack 1');
    expect(d.stack.takeEvents()).toEqual([]);
    d.receive(3);
    expect(d.stack.takeEvents()).toEqual([]);
    d.peer('P. 11:12(1) ack 1');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.READABLE }]);
  });
});

describe('what we send', () => {
  test('is cut to the peer’s segment size, 536 octets unless it names one', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1').accept();
    d.send(600).says('. 1:537(536) ack 1').silent();
    d.peer('. 1:1(0) ack 537').says('P. 537:601(64) ack 1');
  });

  test('is cut no smaller than 48 octets, whatever size the peer names', () => {
    const d = new Dialogue().established(65_535, 'mss 1');
    d.send(100);
    d.says('. 1:49(48) ack 1').says('. 49:97(48) ack 1');
  });

  test('keeps within the peer’s window', () => {
    const d = new Dialogue().established(2000);
    d.send(5000).says('. 1:1461(1460) ack 1').silent();
    d.peer('. 1:1(0) ack 1461 win 3000').says('. 1461:2921(1460) ack 1', '. 2921:4381(1460) ack 1').silent();
  });

  // Proves: RFC5681-3.1-ssthresh0
  test('starts with three segments and doubles each round trip', () => {
    const d = new Dialogue().established();
    d.send(100_000);
    expect(d.hearAll()).toHaveLength(3);
    d.peer('. 1:1(0) ack 1461');
    expect(d.hearAll()).toHaveLength(2);
    d.peer('. 1:1(0) ack 2921').peer('. 1:1(0) ack 4381');
    expect(d.hearAll()).toHaveLength(4);
  });

  test('waits for the ACK of a small segment before the next small one (Nagle)', () => {
    const d = new Dialogue().established();
    d.send('a').says('P. 1:2(1) ack 1').send('b').silent().send('c').silent();
    d.peer('. 1:1(0) ack 2').says('P. 2:4(2) ack 1');
  });

  test('goes at once when Nagle is off', () => {
    const d = new Dialogue({ settings: { nagle: false } }).established();
    d.send('a').says('P. 1:2(1) ack 1').send('b').says('P. 2:3(1) ack 1');
  });

  test('takes no window from a segment older than the one that set it', () => {
    const d = new Dialogue().established(5000);
    d.peer('P. 11:21(10) ack 1 win 3000').says('. 1:1(0) ack 1');
    expect(d.it.snapshot().snd.wnd).toBe(3000);
    d.peer('P. 1:11(10) ack 1 win 5000').says('. 1:1(0) ack 21');
    expect(d.it.snapshot().snd.wnd).toBe(3000);
  });

  test('is never taken for acknowledged by an ACK of what was not sent', () => {
    const d = new Dialogue().established();
    d.send(5).says('P. 1:6(5) ack 1').peer('. 1:1(0) ack 100').says('. 6:6(0) ack 1').silent();
    expect(d.it.unacknowledged).toBe(5);
  });

  test('fills the buffer and no more, and tells when there is room', () => {
    const d = new Dialogue({ settings: { sendBuffer: 4096 } }).established();
    expect(d.it.send(d.now, new Uint8Array(5000))).toBe(4096);
    expect(d.it.send(d.now, new Uint8Array(1))).toBe(0);
    d.stack.takeEvents();
    d.hearAll();
    d.peer('. 1:1(0) ack 1461');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.WRITABLE }]);
    expect(d.it.writable).toBe(1460);
    d.hearAll();
    d.peer('. 1:1(0) ack 2921');
    expect(d.stack.takeEvents()).toEqual([]);
  });

  test('probes a shut window for as long as the peer answers, and goes on when it opens', () => {
    const d = new Dialogue().established(1000);
    d.send(2000).says('. 1:1001(1000) ack 1').peer('. 1:1(0) ack 1001 win 0').silent();
    d.quietFor(999_999).pass(1).says('. 1001:1002(1) ack 1');
    for (let probes = 0; probes < 20; probes++) {
      d.peer('. 1:1(0) ack 1001 win 0').silent();
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      d.says('. 1001:1002(1) ack 1');
    }
    d.state('ESTABLISHED');
    d.peer('. 1:1(0) ack 1001 win 4000');
    d.says('. 1001:1002(1) ack 1').peer('. 1:1(0) ack 1002 win 4000').says('P. 1002:2001(999) ack 1');
  });

  test('sends into a narrow window only after a wait', () => {
    const d = new Dialogue().established(10_000);
    d.send(3000).says('. 1:1461(1460) ack 1', '. 1461:2921(1460) ack 1').silent();
    d.peer('. 1:1(0) ack 2921 win 10').silent().quietFor(199_999).pass(1).says('. 2921:2931(10) ack 1');
  });
});

describe('ping', () => {
  test('is answered with the same octets', async () => {
    const {
      ICMP_ECHO,
      IcmpMessage,
      Ipv4Header,
      PROTOCOL_ICMP,
      parseAddress,
      parseIcmp,
      parseIpv4,
      writeIcmp,
      writeIpv4,
    } = await import('../wire/index.ts');
    const d = new Dialogue();
    const message = new IcmpMessage();
    Object.assign(message, { type: ICMP_ECHO, id: 7, sequence: 3, bytes: pattern(56), bodyEnd: 56 });
    const bytes = new Uint8Array(200);
    const length = writeIcmp(message, bytes, 20);
    const ip = new Ipv4Header();
    ip.source.copyFrom(parseAddress('10.0.0.2'));
    ip.destination.copyFrom(parseAddress('10.0.0.1'));
    ip.protocol = PROTOCOL_ICMP;
    writeIpv4(ip, bytes, 0, length);
    d.stack.onPacket(d.now, bytes, 0, 20 + length);
    bytes.fill(0xdd);
    const out = new Uint8Array(1500);
    const end = d.stack.pollTransmit(d.now, out, 0);
    expect(parseIpv4(out, 0, end, ip)).toBeNull();
    expect(parseIcmp(out, ip.payloadStart, ip.payloadEnd, message)).toBeNull();
    expect(message).toMatchObject({ type: 0, id: 7, sequence: 3 });
    expect(out.slice(message.bodyStart, message.bodyEnd)).toEqual(pattern(56));
  });
});
