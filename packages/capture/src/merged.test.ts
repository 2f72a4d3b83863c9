import { needs } from '@tcblab/test-needs';
import { expect, test as plain } from 'vitest';
import { dialogue } from '../testing/dialogue.ts';
import { tell } from '../testing/conversation.ts';
import type { Story } from '../testing/conversation.ts';
import { packet } from '../testing/frames.ts';
import { ask, fields } from '../testing/tools.ts';
import { SYN } from '@tcblab/tcp/wire';
import { correlate } from './correlation/correlate.ts';
import { mergeCaptures } from './merged.ts';
import { PcapngWriter } from './pcapng/writer.ts';
import { readCapture } from './read-capture.ts';

const { test } = needs('tshark', 'capinfos', 'tcpdump');

function merged(story: Story) {
  const { captures } = tell(story);
  const [a, b] = captures;
  const correlation = correlate({ number: 1, packets: a.packets }, { number: 2, packets: b.packets });
  const sources = [
    { number: 1, capture: a },
    { number: 2, capture: b },
  ] as const;
  return { captures, file: mergeCaptures(sources, correlation, 'tcblab test') };
}

test('the merged file is one section with an interface for each host, in order of time, and says what it is for', () => {
  const { captures, file } = merged({ fromA: 20_000, impairA: { loss: 0.1 }, offset: -3_000_000_000 });
  const answer = ask(file, 'capinfos', 'FILE');
  expect(answer).toMatchObject({ status: 0, stderr: '' });
  expect(answer.stdout).toMatch(/Strict time order:\s+True/);
  expect(answer.stdout).toMatch(/Number of interfaces in file:\s+2/);
  expect(answer.stdout).toMatch(/Capture comment:.*made for flow graphs/);
  expect(answer.stdout).toContain(
    `Number of packets:   ${captures[0].packets.length + captures[1].packets.length}`,
  );
  expect(ask(file, 'tcpdump', '-n', '-r', 'FILE').status).toBe(0);
});

test('each segment leaves one host before it reaches the other, and keeps its id', () => {
  const { file } = merged({ fromA: 3000, fromB: 500, offset: 8_000_000_000 });
  const rows = fields(
    file,
    'frame.interface_name',
    'frame.packet_flags_direction',
    'tcp.seq_raw',
    'tcp.ack_raw',
    'tcp.len',
    'frame.packet_id',
  );
  const left = new Set<string>();
  for (const [host, direction, seq, ack, length] of rows) {
    if (seq === '') continue;
    const from = Number(direction) === 2 ? host : host === 'host-a:eth0' ? 'host-b:eth0' : 'host-a:eth0';
    const key = [from, seq, ack, length].join();
    if (Number(direction) === 2) left.add(key);
    else expect(left).toContain(key);
  }
  const ids = rows.map((row) => BigInt(row[5]));
  expect(new Set(ids).size).toBe(rows.length);
  expect(new Set(ids.map((id) => id >> 56n))).toEqual(new Set([1n, 2n]));
});

plain('where cause and effect overrule the clocks, time stands still rather than go back', () => {
  const lines = [0, 1000, 2000, 3000].map((at) => ({ at, from: 1, flags: SYN, seq: at }) as const);
  const [left, right] = dialogue(lines).hosts.map(({ number, packets }) => {
    const writer = new PcapngWriter({ interfaces: [{ host: number, name: `host ${number}` }] });
    packets.forEach(({ bytes, flags, micros }, at) => {
      // The second host's clock is set back by two seconds on the way.
      const jump = number === 2 && at >= 2 ? -2_000_000 : 0;
      writer.packet(packet(bytes, { micros: 5_000_000 + micros + jump, flags, frame: at + 1 }));
    });
    return { number, capture: readCapture(writer.take()) };
  });
  const correlation = correlate(
    { number: 1, packets: left.capture.packets },
    { number: 2, packets: right.capture.packets },
  );
  const { packets } = readCapture(mergeCaptures([left, right], correlation, 'tcblab test'));
  const times = packets.map(({ micros, nanos }) => micros * 1000 + nanos);
  expect(times).toHaveLength(8);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const sent = packets.map(({ interface: on, bytes }) => `${on} ${bytes[41]}`);
  for (const [at, each] of sent.entries()) {
    if (each.startsWith('1')) expect(sent.indexOf(each.replace('1', '0'))).toBeLessThan(at);
  }
});
