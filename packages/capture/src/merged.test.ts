import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import { tell } from '../testing/conversation.ts';
import type { Story } from '../testing/conversation.ts';
import { ask, fields } from '../testing/tools.ts';
import { correlate } from './correlation/correlate.ts';
import { mergeCaptures } from './merged.ts';

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
