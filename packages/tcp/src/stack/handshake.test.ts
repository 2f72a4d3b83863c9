/** Opening a connection, every way there is. @rfc 9293 3.5 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { MisuseError } from '../misuse-error.ts';
import type { Seq } from '../units.ts';
import { Events } from './events.ts';
import { createStack } from './stack.ts';

describe('a passive open', () => {
  test('answers a SYN with SYN,ACK and is established by the third segment', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0) win 1000 <mss 1000>').says('S. 0:0(0) ack 1 win 65535 <mss 1460>').silent();
    d.peer('. 1:1(0) ack 1 win 1000').silent();
    d.accept();
    d.state('ESTABLISHED');
  });

  test('tells its user of the connection once, when it can be accepted', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    expect(d.stack.takeEvents()).toEqual([]);
    d.peer('. 1:1(0) ack 1');
    expect(d.stack.takeEvents()).toEqual([{ target: d.listener, bits: Events.ACCEPTABLE }]);
    expect(d.stack.takeEvents()).toEqual([]);
    const connection = d.accept();
    expect(d.stack.takeEvents()).toEqual([{ target: connection, bits: Events.CONNECTED | Events.WRITABLE }]);
  });

  test('sends a lost SYN,ACK again after the initial RTO, and not before', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1').quietFor(999_999);
    d.pass(1).says('S. 0:0(0) ack 1').silent();
    d.quietFor(1_999_999).pass(1).says('S. 0:0(0) ack 1');
  });

  test('leaves no half-open connection behind when the third segment never comes', () => {
    const d = new Dialogue({ settings: { synReceivedLimit: 10_000_000 } }).listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    for (let i = 0; i < 100 && d.stack.pollTimeout() !== Infinity; i++) {
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      d.hearAll();
    }
    expect(d.stack.connections().map((line) => line.state)).toEqual(['LISTEN']);
    expect(d.now).toBeLessThan(30_000_000);
  });

  test('goes back to LISTEN on a reset, and takes the next SYN', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    d.peer('R 1:1(0)').silent();
    expect(d.stack.connections().map((line) => line.state)).toEqual(['LISTEN']);
    expect(
      d.stack
        .takeTrace()
        .filter((e) => e.name === 'state_updated')
        .at(-1),
    ).toMatchObject({
      old: 'SYN-RECEIVED',
      new: 'LISTEN',
      trigger: 'check-reset',
      rfc: '3.10.7.4 second',
    });
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
  });

  test('refuses an ACK of what it never sent by a reset, and stays in SYN-RECEIVED', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    d.peer('. 1:1(0) ack 2').says('R 2:2(0)').silent();
    d.peer('. 1:1(0) ack 1').silent();
    d.accept();
    d.state('ESTABLISHED');
  });

  test('takes no more half-open connections than its backlog and one, and drops further SYNs', () => {
    const d = new Dialogue().listen(1);
    for (const port of [5001, 5002, 5003]) {
      d.peerPort = port;
      d.peer('S 0:0(0)');
    }
    expect(d.hearAll()).toHaveLength(2);
    expect(d.stack.counters.synsRefused).toBe(1);
  });

  test('holds text that comes on the SYN until the connection is open', () => {
    const d = new Dialogue().listen();
    d.peer("S 0:5(5) <mss 1460> 'early'").says('S. 0:0(0) ack 6');
    d.peer('. 6:6(0) ack 1').silent();
    d.accept();
    expect(d.it.readable).toBe(5);
    expect(d.receive()).toBe('early');
  });

  test('answers an ACK to a listening port by a reset, and silence to a reset', () => {
    const d = new Dialogue().listen();
    d.iss = 0;
    d.peer('. 1:1(0) ack 77').says('R 77:77(0)').silent();
    d.peer('R 1:1(0)').silent();
    d.peer('F 1:1(0)').silent();
    d.peer('SF 1:1(0)').silent();
    expect(d.stack.connections()).toHaveLength(1);
  });
});

describe('an active open', () => {
  test('sends a SYN and acknowledges the SYN,ACK', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0) win 65535 <mss 1460,wscale 5>').silent().state('SYN-SENT');
    d.peer('S. 0:0(0) ack 1 win 500 <mss 1000>').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.CONNECTED | Events.WRITABLE }]);
    expect(d.it.snapshot().snd).toMatchObject({ mss: 1000, wnd: 500, scale: 0 });
  });

  test('doubles the wait before each SYN, and gives up after R2', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    const waits: number[] = [];
    let last = d.now;
    while (d.it.state === 'SYN-SENT') {
      d.now = d.stack.pollTimeout();
      d.stack.onTimeout(d.now);
      if (d.hearAll().length > 0) {
        waits.push((d.now - last) / 1e6);
        last = d.now;
      }
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60]);
    expect(d.it.error?.code).toBe('ETIMEDOUT');
    expect(d.now - 1_000_000).toBeGreaterThanOrEqual(180_000_000);
  });

  test('is refused by a reset that acknowledges its SYN, and by no other', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    d.peer('R. 0:0(0) ack 5').peer('R 0:0(0)').silent().state('SYN-SENT');
    d.peer('R. 0:0(0) ack 1').silent().state('CLOSED');
    expect(d.it.error?.code).toBe('ECONNREFUSED');
    expect(d.stack.takeEvents()).toEqual([{ target: d.it, bits: Events.CLOSED }]);
    expect(d.stack.connections()).toEqual([]);
  });

  test('answers an ACK outside what it sent by a reset, and goes on', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    d.peer('. 300:300(0) ack 100').says('R 100:100(0)').silent().state('SYN-SENT');
    d.peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').state('ESTABLISHED');
  });

  test('turns into a simultaneous open when a bare SYN comes', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)');
    d.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').silent().state('SYN-RECEIVED');
    d.peer('S. 0:0(0) ack 1').silent().state('ESTABLISHED');
  });

  test('waits three seconds for its first data segment when the SYN was lost', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').quietFor(999_999).pass(1).says('S 0:0(0)');
    d.peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').send('x').says('P. 1:2(1) ack 1');
    d.quietFor(2_999_999).pass(1).says('P. 1:2(1) ack 1');
  });

  test('keeps window scaling off when the peer does not offer it', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S. 0:0(0) ack 1 win 1000 <mss 1460>').says('. 1:1(0) ack 1 win 65535');
  });

  test('scales the windows of both sides when both offer it, but never that of a SYN', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S. 0:0(0) ack 1 win 1000 <mss 1460,wscale 7>').says('. 1:1(0) ack 1 win 32768');
    expect(d.it.snapshot().snd.wnd).toBe(1000);
    d.peer('. 1:1(0) ack 1 win 1000');
    expect(d.it.snapshot().snd.wnd).toBe(128_000);
  });
});

describe('with no connection', () => {
  test('a SYN is refused by RST,ACK of what it takes up', () => {
    const d = new Dialogue();
    d.iss = 0;
    d.peer('S 0:0(0)').says('R. 0:0(0) ack 1').silent();
    d.peer('SP 10:15(5)').says('R. 0:0(0) ack 16').silent();
  });

  test('an ACK is refused by a reset at its own number, and a reset by nothing', () => {
    const d = new Dialogue();
    d.iss = 0;
    d.peer('. 5:5(0) ack 99').says('R 99:99(0)').silent();
    d.peer('R 5:5(0)').peer('R. 5:5(0) ack 9').silent();
  });
});

describe('two SYNs that cross', () => {
  test('open one connection, and what was queued goes out', () => {
    const d = new Dialogue().open();
    d.send('hello').says('S 0:0(0)').silent();
    d.peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').silent();
    d.peer('S. 0:0(0) ack 1').says('P. 1:6(5) ack 1').silent().state('ESTABLISHED');
    d.peer('P. 1:4(3) ack 6');
    expect(d.receive()).toBe('abc');
  });

  test('and a SYN,ACK close behind need only an ACK', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S 0:0(0) <mss 1460>').peer('S. 0:0(0) ack 1');
    d.says('. 1:1(0) ack 1').silent().state('ESTABLISHED').quietFor(300_000_000).state('ESTABLISHED');
  });

  test('are answered again by SYN,ACK when the answer was lost', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)')
      .peer('S 0:0(0) <mss 1460,wscale 3>')
      .says('S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 5>');
    d.quietFor(999_999).pass(1).says('S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 5>');
    d.peer('. 1:1(0) ack 1').silent().state('ESTABLISHED');
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('closed before either is acknowledged: the FIN goes out, and the SYN,ACK still counts', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1').state('SYN-RECEIVED');
    d.it.close(d.now);
    d.says('F. 1:1(0) ack 1').silent().state('FIN-WAIT-1');
    d.peer('S. 0:0(0) ack 1').silent();
    expect(d.it.snapshot().snd.una - d.it.snapshot().iss).toBe(1);
    d.peer('. 1:1(0) ack 2').silent().state('FIN-WAIT-2');
    d.peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').state('TIME-WAIT');
  });

  test('closed with octets queued: they go first, once it is open', () => {
    const d = new Dialogue().open();
    d.send(5).says('S 0:0(0)').peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1');
    d.it.close(d.now);
    d.silent()
      .state('SYN-RECEIVED')
      .peer('S. 0:0(0) ack 1')
      .state('FIN-WAIT-1')
      .says('FP. 1:6(5) ack 1')
      .silent();
  });

  test('aborted before they are acknowledged: a reset goes out', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S 0:0(0) <mss 1460>').says('S. 0:0(0) ack 1');
    d.it.abort(d.now);
    d.says('R 1:1(0)').silent().state('CLOSED');
  });

  test('refused by a reset, the second end is told so', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)')
      .peer('S 0:0(0) <mss 1460>')
      .says('S. 0:0(0) ack 1')
      .peer('R 1:1(0)')
      .silent()
      .state('CLOSED');
    expect(d.it.error?.code).toBe('ECONNREFUSED');
  });
});

describe('a SYN,ACK', () => {
  test('may bring text and FIN, and both count', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer("SF. 0:5(5) ack 1 'hello'").says('. 1:1(0) ack 7').silent().state('CLOSE-WAIT');
    expect(d.receive()).toBe('hello');
    expect(d.it.ended).toBe(true);
  });

  test('that comes again is answered by an ACK each time', () => {
    const d = new Dialogue().open();
    d.says('S 0:0(0)').peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1');
    for (let i = 0; i < 5; i++)
      d.peer('S. 0:0(0) ack 1').says('. 1:1(0) ack 1').silent().state('ESTABLISHED');
  });
});

describe('a half-open connection', () => {
  test('answers any other ACK by a reset, however old', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
    d.peer('. 1:1(0) ack -2000000')
      .says('R -2000000:-2000000(0)')
      .peer('. 1:1(0) ack 0')
      .says('R 0:0(0)')
      .silent();
    d.peer('. 1:1(0) ack 1').silent();
    d.accept();
    d.state('ESTABLISHED');
  });

  test('is open though its third segment came before the second could leave', () => {
    const d = new Dialogue({ parts: { isn: { initialSequence: () => 5000 as Seq } } }).listen();
    d.iss = 5000;
    d.peer('S 0:0(0)').peer('. 1:1(0) ack 1').says('S. 0:0(0) ack 1').silent();
    d.accept();
    d.state('ESTABLISHED').quietFor(300_000_000).state('ESTABLISHED');
  });

  test('goes back to LISTEN on a SYN in its window', () => {
    const d = new Dialogue().listen();
    d.peer('S 0:0(0)').says('S. 0:0(0) ack 1').peer('S 100:100(0)').silent();
    expect(d.stack.connections()).toHaveLength(1);
  });

  test('that finds the accept queue full waits, and is accepted later with the octets that come again', () => {
    const d = new Dialogue().listen(1);
    const from = (port: number) => {
      d.peerPort = port;
      d.iss = null;
      return d;
    };
    from(5001).peer('S 0:0(0)').says('S. 0:0(0) ack 1').peer('. 1:1(0) ack 1').silent();
    const two = from(5002).peer('S 0:0(0)').says('S. 0:0(0) ack 1').iss;
    const three = from(5003).peer('S 0:0(0)').says('S. 0:0(0) ack 1').iss;
    from(5002).iss = two;
    d.peer('. 1:1(0) ack 1').silent();
    from(5003).iss = three;
    d.peer('. 1:1(0) ack 1').silent().peer('P. 1:6(5) ack 1').silent();
    expect(d.listener?.pending).toBe(2);
    d.quietFor(999_999).pass(1).says('S. 0:0(0) ack 1').peer('. 6:6(0) ack 1').silent();
    d.accept();
    d.peer('P. 1:6(5) ack 1').pass(40_000).says('. 1:1(0) ack 6').silent();
    expect(d.listener?.pending).toBe(2);
    d.accept();
    expect(d.accept().remotePort).toBe(5003);
    expect(d.receive()).toBe('abcde');
  });
});

describe('OPEN', () => {
  // Proves: MUST-46
  test.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '127.0.0.1', '10.0.0.1'])(
    'to %s is refused: no other host can have that address',
    (address) => {
      const d = new Dialogue();
      expect(() => d.stack.open(d.now, { address, port: 80 })).toThrow(MisuseError);
      d.silent();
    },
  );

  test.each(['10.0.0.0', '10.0.0.255'])('to %s is refused on a link where that is no host’s', (address) => {
    const stack = createStack({
      mac: '02:00:00:00:00:01',
      address: '10.0.0.1',
      prefixLength: 24,
      random: () => 0,
      isnSecret: new Uint8Array(16),
    });
    expect(() => stack.open(0, { address, port: 80 })).toThrow(MisuseError);
    expect(stack.pollTimeout()).toBe(Infinity);
  });

  // Proves: 9293-3.10.1-open-dup
  test('of a pair of sockets that is in TIME-WAIT is refused', () => {
    const d = new Dialogue().established();
    d.it.close(d.now);
    d.hearAll();
    d.peer('F. 1:1(0) ack 2').says('. 2:2(0) ack 2').state('TIME-WAIT');
    const again = () => d.stack.open(d.now, { address: d.peerAddress, port: d.peerPort, localPort: 80 });
    expect(again).toThrow(expect.objectContaining({ code: 'connection-already-exists' }));
    d.quietFor(240_000_000).state('CLOSED');
    expect(again().state).toBe('SYN-SENT');
  });
});
