import { needs } from '@tcblab/test-needs';
import { expect, test as plain } from 'vitest';
import { ACK, SYN } from '@tcblab/tcp/wire';
import { octets, packet, tcpFrame } from '../../testing/frames.ts';
import { ask, fields } from '../../testing/tools.ts';
import { CHECKSUM_NOT_READY, CHECKSUM_VALID, INBOUND, OUTBOUND } from './format.ts';
import { PcapngWriter } from './writer.ts';

const NOON = 1_793_793_600_000_000;

const hostA = {
  host: 1,
  name: 'host-a:eth0',
  description: 'our stack on a veth',
  mac: '02:00:00:00:00:01',
  ipv4: '10.77.0.1/24',
  speed: 1_000_000_000,
  os: 'Linux',
  filter: 'tcp or arp',
};
const hostB = { host: 2, name: 'host-b:eth0', mac: '02:00:00:00:00:02', ipv4: '10.77.0.2/24' };

const syn = tcpFrame({ from: 1, seq: 100, flags: SYN, mss: 1460 });
const synAck = tcpFrame({ from: 2, seq: 300, ack: 101, flags: SYN | ACK, mss: 1460 });

/** Everything that a file of ours may hold. */
function sample(): Uint8Array {
  const writer = new PcapngWriter({
    section: { hardware: 'Raspberry Pi 4', os: 'Linux', application: 'tcblab 0.1.0', comment: '两台主机' },
    interfaces: [hostA, hostB],
    names: [
      { address: '10.77.0.1', names: ['host-a'] },
      { address: '10.77.0.2', names: ['host-b', 'kernel'] },
    ],
  });
  writer.packet(packet(syn, { micros: NOON, nanos: 123, flags: OUTBOUND | CHECKSUM_VALID }));
  writer.begin(packet(synAck, { interface: 1, micros: NOON + 50, nanos: 7 }));
  writer.comment('tcb: SYN-SENT → ESTABLISHED (rcv SYN,ACK)');
  writer.comment('cut\0here 握手');
  writer.end();
  writer.packet(
    packet(syn, {
      micros: NOON + 90,
      originalLength: 1514,
      flags: INBOUND | CHECKSUM_NOT_READY,
      frame: 4_294_967_298,
    }),
  );
  writer.statistics(0, {
    start: { micros: NOON, nanos: 0 },
    end: { micros: NOON + 90, nanos: 1 },
    received: 2,
    dropped: 0,
    osDropped: 3,
  });
  writer.statistics(1, { end: { micros: NOON + 90, nanos: 0 }, received: 1 });
  return writer.take();
}

const { test } = needs('tshark', 'capinfos', 'tcpdump');

test('tshark shows each packet with its time, direction, id, interface and comments', () => {
  const rows = fields(
    sample(),
    'frame.time_epoch',
    'frame.interface_name',
    'frame.packet_flags_direction',
    'frame.packet_id',
    'frame.comment',
    'frame.len',
    'frame.cap_len',
    'tcp.checksum.status',
    '_ws.malformed',
  );
  const length = String(syn.length);
  // Some versions show the direction in hexadecimal.
  for (const row of rows) row[2] = String(Number(row[2]));
  expect(rows).toEqual([
    ['1793793600.000000123', 'host-a:eth0', '2', '72057594037927937', '', length, length, '1', ''],
    [
      '1793793600.000050007',
      'host-b:eth0',
      '1',
      '144115188075855873',
      'tcb: SYN-SENT → ESTABLISHED (rcv SYN,ACK);cuthere 握手',
      length,
      length,
      '1',
      '',
    ],
    ['1793793600.000090000', 'host-a:eth0', '1', '72057598332895234', '', '1514', length, '1', ''],
  ]);
});

test('capinfos reads the file to its end and names what wrote it', () => {
  const answer = ask(sample(), 'capinfos', 'FILE');
  expect(answer).toMatchObject({ status: 0, stderr: '' });
  for (const phrase of [
    /Number of packets:\s+3\b/,
    /Capture application:\s+tcblab 0\.1\.0/,
    /Capture hardware:\s+Raspberry Pi 4/,
    /Capture comment:\s+两台主机/,
    /Name = host-a:eth0/,
    /Description = our stack on a veth/,
    /Speed = 1000000000/,
    /Time precision = nanoseconds \(9\)/,
    /Filter string = tcp or arp/,
    /Number of resolved IPv4 addresses in file: 3/,
  ]) {
    expect(answer.stdout).toMatch(phrase);
  }
});

test('tcpdump reads it too, which needs equal snap lengths and link types', () => {
  const answer = ask(sample(), 'tcpdump', '-n', '-r', 'FILE');
  expect(answer.status).toBe(0);
  expect(answer.stdout.trim().split('\n')).toHaveLength(3);
});

test('frames go to a file with good checksums and nothing malformed', () => {
  const writer = new PcapngWriter({ interfaces: [hostA] });
  const frames = Array.from({ length: 64 }, (_, at) =>
    tcpFrame({ from: 1, seq: at, ack: 7, flags: ACK, payload: octets(at * 20 + 1, at) }),
  );
  frames.forEach((frame, at) =>
    writer.packet(packet(frame, { micros: NOON + at, flags: OUTBOUND, frame: at + 1 })),
  );
  const rows = fields(
    writer.take(),
    'tcp.checksum.status',
    'ip.checksum.status',
    '_ws.malformed',
    'frame.number',
  );
  expect(rows).toEqual(frames.map((_, at) => ['1', '1', '', `${at + 1}`]));
});

plain('an open packet must be ended before anything else', () => {
  const writer = new PcapngWriter({ interfaces: [hostA] });
  writer.begin(packet(syn));
  const open = expect.objectContaining({ code: 'packet-open' });
  expect(() => writer.begin(packet(syn, { frame: 2 }))).toThrow(open);
  expect(() => writer.statistics(0, { end: { micros: 0, nanos: 0 } })).toThrow(open);
  expect(() => writer.take()).toThrow(open);
  writer.end();
  expect(() => writer.end()).toThrow(expect.objectContaining({ code: 'no-packet-open' }));
  expect(() => writer.comment('late')).toThrow(expect.objectContaining({ code: 'no-packet-open' }));
});

plain('what no reader would take is refused', () => {
  const writer = new PcapngWriter({ interfaces: [hostA] });
  const bad = (code: string) => expect.objectContaining({ code });
  expect(() => writer.packet(packet(syn, { interface: 1, end: 10, originalLength: 10 }))).toThrow(
    bad('bad-interface'),
  );
  expect(() => writer.packet(packet(syn, { end: 11, originalLength: 10 }))).toThrow(bad('bad-length'));
  expect(() => writer.packet(packet(syn, { start: 1, end: 1 + syn.length }))).toThrow(bad('bad-length'));
  expect(() => new PcapngWriter({ interfaces: [] })).toThrow(bad('bad-interface'));
  expect(() => new PcapngWriter({ interfaces: [{ host: 256, name: 'x' }] })).toThrow(bad('bad-interface'));
  expect(() => new PcapngWriter({ interfaces: [{ ...hostA, ipv4: '10.77.0.1/33' }] })).toThrow(
    bad('bad-interface'),
  );
  expect(() => new PcapngWriter({ interfaces: [{ ...hostA, mac: '02:00' }] })).toThrow(
    bad('bad-mac-address'),
  );
});

plain('bytes are taken in pieces that join to the whole, with their memory used again', () => {
  const write = (batch: number, recycle: boolean): Uint8Array => {
    const writer = new PcapngWriter({ interfaces: [hostA], batch });
    const pieces: Uint8Array[] = [];
    const drain = () => {
      const taken = writer.take();
      pieces.push(taken.slice());
      if (recycle) writer.recycle(taken);
    };
    for (let at = 1; at <= 500; at++) {
      writer.begin(packet(synAck, { micros: at, frame: at }));
      if (at % 3 === 0) writer.comment('x'.repeat(at));
      writer.end();
      if (writer.full) drain();
    }
    drain();
    expect(writer.take()).toHaveLength(0);
    return new Uint8Array(Buffer.concat(pieces));
  };
  const whole = write(1 << 24, false);
  expect(write(1000, true)).toEqual(whole);
  expect(write(0, false)).toEqual(whole);
});
