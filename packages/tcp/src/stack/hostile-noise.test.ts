/** Malformed and hostile input, of the last of 40 kinds: packets of chance, damaged ones, and ICMP that lies. */
import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';
import { icmpAbout, tellIcmp } from '../../testing/icmp-packet.ts';
import { Watch } from '../soak/invariants.ts';
import { drain, rawPacket, sealIp } from '../../testing/raw-packet.ts';
import { createRandom } from '../sim/index.ts';
import { checksum } from '../wire/index.ts';

const SEED = 20_260_902;

/** A packet of the peer with some of its octets changed, or nothing but chance. */
function noise(d: Dialogue, random: () => number): Uint8Array {
  const pick = random() % 4;
  if (pick === 0) return Uint8Array.from({ length: random() % 100 }, () => random() & 255);
  const options = Array.from({ length: random() % 13 }, () => random() & 255);
  const flags = ['F', 'S', 'R', 'P', '.', 'U'].filter(() => random() % 3 === 0).join('');
  const at = { seq: (random() % 3000) - 1000, ack: (random() % 3000) - 1000, win: random() & 0xffff };
  const packet = rawPacket(d, { flags, ...at, urg: random() & 0xffff, options, payload: random() % 200 });
  // Of the damaged ones, some have a checksum that says nothing of it.
  for (let i = pick === 1 ? random() % 8 : 0; i > 0; i--) packet[random() % packet.length] = random();
  if (pick === 1 && random() % 2 === 0) sealIp(packet);
  return packet;
}

test('100,000 random and damaged packets break nothing, and leave no more than there was', () => {
  const random = createRandom(SEED);
  for (let round = 0; round < 20; round++) {
    const d = new Dialogue({
      settings: { sack: true, timestamps: round % 2 === 0, backlog: 16 },
    }).established();
    const connection = d.it;
    const watch = new Watch(connection.tcb);
    for (let i = 0; i < 5000; i++) {
      if (i % 50 === 0) d.now += random() % 100_000;
      if (i % 50 === 0) d.stack.onTimeout(d.now);
      const packet = noise(d, random);
      d.stack.onPacket(d.now, packet, 0, packet.length);
      drain(d);
      if (i % 10 === 0) expect(watch.check(), d.story()).toEqual([]);
      connection.receive(d.now, new Uint8Array(1000));
    }
    expect(d.stack.connections().length).toBeLessThanOrEqual(2 + 2 * 17);
    d.stack.takeTrace();
  }
});

describe('ICMP', () => {
  test('of every type and code, about anything, ends no open connection', () => {
    const d = new Dialogue().established();
    d.send(1000).hearAll();
    for (let type = 0; type < 256; type++) {
      for (const code of [0, 1, 2, 3, 4, 5, 9, 13, 15, 255]) {
        for (const at of [0, 1, 500, 1001]) {
          tellIcmp(d, { type, code, seq: at, mtu: type });
          drain(d);
        }
      }
    }
    expect(d.stack.counters.resetsSent).toBe(0);
    d.state('ESTABLISHED').peer('. 1:1(0) ack 1001');
    expect(d.it.unacknowledged).toBe(0);
  });

  test('that quotes garbage is dropped, and answered by nothing', () => {
    const random = createRandom(SEED);
    const d = new Dialogue().established();
    d.send(100).hearAll();
    const before = d.it.snapshot();
    for (let i = 0; i < 5000; i++) {
      const packet = icmpAbout(d, { seq: random() });
      for (let at = 28; at < packet.length; at++) if (random() % 4 === 0) packet[at] = random();
      const length = 28 + (random() % (packet.length - 27));
      const sum = checksum(packet.fill(0, 22, 24), 20, length, 0);
      packet[22] = ~sum >>> 8;
      packet[23] = ~sum;
      new DataView(packet.buffer).setUint16(2, length);
      sealIp(packet);
      d.stack.onPacket(d.now, packet, 0, length);
      d.silent();
    }
    expect(d.it.snapshot()).toEqual(before);
  });
});
