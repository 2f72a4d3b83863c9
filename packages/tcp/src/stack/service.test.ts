/** What a connection asks of IP. @rfc 9293 3.9.1.9, 3.9.2 */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { Ipv4Header, parseIpv4 } from '../wire/ipv4.ts';

/** Type of service and time to live of the next packet. */
function next(d: Dialogue): [number, number] {
  const bytes = new Uint8Array(1500);
  const length = d.stack.pollTransmit(d.now, bytes, 0);
  const ip = new Ipv4Header();
  expect(parseIpv4(bytes, 0, length, ip)).toBeNull();
  return [ip.typeOfService, ip.ttl];
}

// Proves: MUST-48 SHLD-21 SHLD-22
describe('the Diffserv field', () => {
  test('is what the connection chose last, and leaves the bits of ECN alone', () => {
    const d = new Dialogue().established();
    d.send(10);
    expect(next(d)).toEqual([0, 64]);
    d.it.setService({ diffserv: 46 });
    d.peer('. 1:1(0) ack 11').send(10);
    expect(next(d)).toEqual([46 << 2, 64]);
    d.it.setService({ diffserv: 10 });
    d.peer('. 1:1(0) ack 21').send(10);
    expect(next(d)).toEqual([10 << 2, 64]);
  });

  test('is a setting of the host for connections that choose none', () => {
    const d = new Dialogue({ settings: { diffserv: 8 } }).open();
    expect(next(d)).toEqual([8 << 2, 64]);
  });
});

// Proves: MUST-49
describe('the time to live', () => {
  test('is a setting of the host, resets of no connection included', () => {
    const d = new Dialogue({ settings: { hopLimit: 7 } });
    d.peer('S 0:0(0)');
    expect(next(d)).toEqual([0, 7]);
    d.open();
    expect(next(d)).toEqual([0, 7]);
  });

  test('is what the connection chose', () => {
    const d = new Dialogue().established();
    d.it.setService({ hopLimit: 255 });
    d.send(10);
    expect(next(d)).toEqual([0, 255]);
  });
});

test.each([{ diffserv: 64 }, { diffserv: -1 }, { hopLimit: 0 }, { hopLimit: 256 }, { hopLimit: 1.5 }])(
  'what IP cannot carry is misuse: %j',
  (service) => {
    expect(() => new Dialogue({ settings: service })).toThrow(/is no (Diffserv value|hop limit)/);
    const d = new Dialogue().established();
    expect(() => d.it.setService(service)).toThrow(/is no (Diffserv value|hop limit)/);
  },
);
