/** One host's capture, as a file that Wireshark opens. */
import { PcapngWriter } from '@tcblab/capture';
import { addressOf, macOf, type Host } from './host.ts';

export function captureOf({ side, number, frames }: Host): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter({
    section: { application: 'tcblab playground' },
    interfaces: [
      {
        host: number,
        name: side === 0 ? 'host-a' : 'host-b',
        mac: macOf(side),
        ipv4: `${addressOf(side)}/24`,
      },
    ],
  });
  for (const [place, { bytes, micros, flags }] of frames.entries()) {
    const { length } = bytes;
    writer.packet({
      interface: 0,
      micros,
      nanos: 0,
      bytes,
      start: 0,
      end: length,
      originalLength: length,
      flags,
      frame: place + 1,
    });
  }
  return writer.take();
}
