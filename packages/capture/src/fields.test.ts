import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect, test } from 'vitest';
import { fieldsOf } from './fields.ts';
import { PcapngWriter } from './pcapng/writer.ts';

const frame = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

const ETHERNET = '02 74 63 62 00 02  02 74 63 62 00 01';
/** A SYN with five options and no payload. */
const SYN = frame(`${ETHERNET} 08 00
  45 00 00 3c 00 00 40 00 40 06 26 20 0a 4d 00 01 0a 4d 00 02
  e8 52 1b 58 8b 60 af 77 00 00 00 00 a0 02 ff ff 1f d7 00 00
  02 04 05 b4 04 02 08 0a 00 00 00 2a 00 00 00 00 01 03 03 05`);
/** Data with a SACK block, and two octets of text. */
const DATA = frame(`${ETHERNET} 08 00
  45 00 00 36 00 01 40 00 40 06 26 25 0a 4d 00 01 0a 4d 00 02
  e8 52 1b 58 8b 60 af 78 8c 3e ab 7a 80 18 04 00 00 00 00 00
  01 01 05 0a 8c 3e b1 2e 8c 3e b6 e2 68 69`);
const ARP = frame(`ff ff ff ff ff ff 02 74 63 62 00 01 08 06
  00 01 08 00 06 04 00 01 02 74 63 62 00 01 0a 4d 00 01 00 00 00 00 00 00 0a 4d 00 02`);

test('every octet of a frame belongs to a field, and fields do not overlap but in bits', () => {
  for (const each of [SYN, DATA, ARP]) {
    let reached = 0;
    for (const { start, end, bits } of fieldsOf(each)) {
      expect(start).toBeLessThanOrEqual(reached);
      if (bits === undefined) expect(start).toBe(reached);
      reached = Math.max(reached, end);
    }
    expect(reached).toBe(each.length);
  }
});

test('a frame may end anywhere, and options may lie', () => {
  for (const each of [SYN, DATA, ARP]) {
    for (let length = 0; length < each.length; length++) {
      for (const { end } of fieldsOf(each.subarray(0, length))) expect(end).toBeLessThanOrEqual(length);
    }
  }
  const lying = SYN.slice();
  lying[55] = 0;
  expect(fieldsOf(lying).at(-1)).toMatchObject({ label: 'Malformed options', start: 54, end: 74 });
});

needs('tshark').test('places and values are those that tshark gives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-fields-'));
  try {
    const writer = new PcapngWriter({ interfaces: [{ host: 1, name: 'a' }] });
    [SYN, DATA, ARP].forEach((bytes, index) =>
      writer.packet({
        interface: 0,
        micros: index,
        nanos: 0,
        bytes,
        start: 0,
        end: bytes.length,
        originalLength: bytes.length,
        flags: 0,
        frame: index + 1,
      }),
    );
    const path = join(folder, 'fields.pcapng');
    writeFileSync(path, writer.take());
    const pdml = execFileSync('tshark', ['-r', path, '-T', 'pdml', '-d', 'tcp.port==1-65535,data'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const packets = pdml.split('<packet>').slice(1);
    let compared = 0;
    [SYN, DATA, ARP].forEach((bytes, index) => {
      for (const { name, value, start, end, bits } of fieldsOf(bytes)) {
        const lines = packets[index].split('\n').filter((line) => line.includes(`name="${name}"`));
        if (lines.length === 0) continue;
        compared++;
        const attribute = (line: string, key: string) =>
          new RegExp(` ${key}="([^"]*)"`).exec(line)?.[1] ?? '';
        const places = lines.map((line) => [
          name,
          Number(attribute(line, 'pos')),
          Number(attribute(line, 'size')),
        ]);
        expect(places).toContainEqual([name, start, end - start]);
        const [first] = value.split(' ');
        // An option's own value is a field below it, and the data are the value of data.
        if (bits === undefined && !/^(tcp.options|data)/.test(name) && /^\d+$/.test(first))
          expect([name, attribute(lines[0], 'show')]).toEqual([name, first]);
      }
    });
    expect(compared).toBeGreaterThan(55);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
