/** What each script exchanged, as a capture and a ladder of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { INBOUND, OUTBOUND, PcapngWriter } from '@tcblab/capture';
import { ipVersion } from '@tcblab/tcp/wire';
import { notAble } from '../problem.ts';
import type { RanScript } from './ran-script.ts';

/** Scripts speak in IP packets; captures here are Ethernet, so both ends get an address. */
const STACK = [0x02, 0x74, 0x63, 0x62, 0x00, 0x01];
const PEER = [0x02, 0x74, 0x63, 0x62, 0x00, 0x02];
const IPV4 = [0x08, 0x00];
const IPV6 = [0x86, 0xdd];
const HEADER = 14;

/**
 * Write NAME.pcapng and NAME.txt for each script, below `folder`, and `result.json`.
 *
 * @throws Problem when the folder cannot be written
 */
export function writeCaptures(ran: readonly RanScript[], folder: string, json: string): void {
  try {
    for (const one of ran) {
      // A script's own path, without what leads out of the folder.
      const path = one.file.split(/[/\\]/).filter((part) => part !== '..' && part !== '.' && part !== '');
      const base = join(folder, ...path).replace(/\.pkt$/, '');
      mkdirSync(dirname(base), { recursive: true });
      writeFileSync(`${base}.pcapng`, capture(one));
      writeFileSync(`${base}.txt`, `${one.place ?? one.outcome.verdict}\n${one.ladder}\n`);
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'result.json'), json);
  } catch (error) {
    throw notAble(`${folder} cannot be written: ${String(error)}`, 'Give another folder by --out.', error);
  }
}

function capture({ outcome, file }: RanScript): Uint8Array {
  const writer = new PcapngWriter({
    section: { application: 'tcblab', comment: `${file}: ${outcome.verdict}` },
    interfaces: [{ host: 1, name: 'stack' }],
  });
  for (const [index, { at, direction, bytes }] of outcome.packets.entries()) {
    const frame = new Uint8Array(HEADER + bytes.length);
    const [to, from] = direction === 'in' ? [STACK, PEER] : [PEER, STACK];
    frame.set([...to, ...from, ...(ipVersion(bytes, 0) === 6 ? IPV6 : IPV4)]);
    frame.set(bytes, HEADER);
    writer.packet({
      interface: 0,
      micros: at,
      nanos: 0,
      bytes: frame,
      start: 0,
      end: frame.length,
      originalLength: frame.length,
      flags: direction === 'in' ? INBOUND : OUTBOUND,
      frame: index,
    });
  }
  return writer.take();
}
