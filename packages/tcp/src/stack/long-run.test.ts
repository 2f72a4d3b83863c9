/** Numbers that go round the ring more than once on one connection. @rfc 9293 3.4 */
import { expect, test } from 'vitest';
import { createRandom } from '../sim/index.ts';
import type { PartialParts } from '../tcb/parts.ts';
import { referenceParts } from '../tcb/reference.ts';
import type { Reassembler } from '../tcb/reassembler.ts';
import type { Seq } from '../units.ts';
import { createIpStack } from './stack.ts';

const GIB = 2 ** 30;

/** Knows which octets have come, and keeps none. */
function counting(): Reassembler {
  const runs: { start: number; end: number }[] = [];
  let next = 0;
  let taken = 0;
  return {
    get available() {
      return next - taken;
    },
    get ranges() {
      return runs.map(({ start, end }) => ({ start: start - next, end: end - next }));
    },
    insert(offset, _source, from, to) {
      const expected = next;
      runs.push({ start: next + offset, end: next + offset + to - from });
      runs.sort((a, b) => a.start - b.start);
      for (; runs.length > 0 && runs[0].start <= next; runs.shift()) next = Math.max(next, runs[0].end);
      return next - expected;
    },
    read(_into, from, to) {
      const length = Math.min(to - from, next - taken);
      taken += length;
      return length;
    },
    clear() {
      runs.length = 0;
      taken = next;
    },
  };
}

/** Only numbers matter here: the octets themselves are neither copied to the wire nor summed. */
const parts: PartialParts = {
  checksum: { checksum: () => 0xffff },
  reassembler: { create: counting },
  isn: { initialSequence: () => 0xffff_0000 as Seq },
  codec: {
    ...referenceParts.codec,
    writeSegment(segment, into, start) {
      const { payloadLength } = segment;
      segment.payloadEnd = segment.payloadStart;
      return referenceParts.codec.writeSegment(segment, into, start) + payloadLength;
    },
  },
};

test('nine gibioctets go through, and losses far apart are all mended without the timer', () => {
  const settings = { receiveBuffer: 2 ** 20, sendBuffer: 2 ** 20, delayedAck: 1000 };
  const [client, server] = [1, 2].map((n) =>
    createIpStack({
      address: `10.0.0.${n}`,
      mtu: 9000,
      random: createRandom(n),
      isnSecret: new Uint8Array(16),
      parts,
      settings,
    }),
  );
  const total = 9 * GIB;
  // Far enough apart for a number that was kept from the last loss to lie on the other side of the ring.
  const losses = [0.5 * GIB, 1 * GIB, 3.2 * GIB, 5.9 * GIB, 8.5 * GIB];
  const lost = losses.length;
  const packet = new Uint8Array(9000);
  const bytes = new Uint8Array(2 ** 20);
  let now = 0;
  const listener = server.listen(now, { port: 80 });
  const sender = client.open(now, { address: '10.0.0.2', port: 80 });
  let receiver = listener.accept();
  let sent = 0;
  let received = 0;
  while (received < total && sender.error === null) {
    now += 10;
    if (sender.state === 'ESTABLISHED')
      sent += sender.send(now, bytes, 0, Math.min(bytes.length, total - sent));
    for (let length; (length = client.pollTransmit(now, packet, 0)) > 0;) {
      if (received > losses[0]) losses.shift();
      else server.onPacket(now, packet, 0, length);
    }
    receiver ??= listener.accept();
    if (receiver !== null) received += receiver.receive(now, bytes);
    for (let length; (length = server.pollTransmit(now, packet, 0)) > 0;)
      client.onPacket(now, packet, 0, length);
    for (const stack of [client, server]) stack.onTimeout(now);
  }
  expect(sender.error).toBeNull();
  expect(received).toBe(total);
  expect(losses).toEqual([]);
  const { snd, cwnd } = sender.snapshot();
  expect({ cwnd: cwnd > 100_000, scale: snd.scale }).toEqual({ cwnd: true, scale: 5 });
  expect(client.counters.retransmitted).toBe(lost);
  // A wait for the timer takes a second at least.
  expect(now).toBeLessThan(1_000_000);
});
