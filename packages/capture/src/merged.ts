/** Both hosts' packets in one file, in the order in which things happened: for flow graphs, not as evidence. */
import type { Capture } from './captured.ts';
import type { Correlation } from './correlation/correlate.ts';
import { PcapngWriter } from './pcapng/writer.ts';
import type { CaptureTime } from './pcapng/timestamp.ts';
import type { InterfaceInfo } from './pcapng/writer.ts';

/** A host's capture file and its number. */
export interface MergeSource {
  readonly number: number;
  readonly capture: Capture;
}

export const MERGED_COMMENT =
  'Both ends of one wire in one file: made for flow graphs. Each segment is here twice, so Wireshark takes the second ' +
  'sighting for a retransmission or a duplicate; evidence is in the file of each host. Order is by causality, and the ' +
  "second host's times are moved to the first host's clock.";

/**
 * Write the merged file.
 *
 * @param correlation of the two captures' packets
 * @param application the program that writes
 */
export function mergeCaptures(
  sources: readonly [MergeSource, MergeSource],
  correlation: Correlation,
  application: string,
): Uint8Array<ArrayBuffer> {
  const first = [0, sources[0].capture.interfaces.length];
  const writer = new PcapngWriter({
    section: { application, comment: `${MERGED_COMMENT} ${offsetSentence(correlation)}` },
    interfaces: sources.flatMap(({ number, capture }) =>
      capture.interfaces.map((on): InterfaceInfo => {
        const { name, description, mac, ipv4, ipv6, speed, os } = on;
        return {
          host: number,
          name: name ?? `host ${number}`,
          ...(description === undefined ? {} : { description }),
          ...(mac === undefined ? {} : { mac }),
          ...(ipv4 === undefined ? {} : { ipv4 }),
          ...(ipv6 === undefined ? {} : { ipv6 }),
          ...(speed === undefined ? {} : { speed }),
          ...(os === undefined ? {} : { os }),
        };
      }),
    ),
    names: sources.flatMap(({ capture }) =>
      [...capture.names].map(([address, names]) => ({ address, names })),
    ),
  });
  const start = startOf(sources, correlation);
  // Where causality has overruled the clocks, time stands still rather than go back.
  let latest = 0;
  for (const { host, place, time } of correlation.events) {
    const { packets } = sources[host].capture;
    const packet = packets[place];
    latest = Math.max(latest, start.nanos + Math.round(time * 1000));
    writer.begin({
      interface: first[host] + packet.interface,
      micros: start.micros + Math.floor(latest / 1000),
      nanos: latest % 1000,
      bytes: packet.bytes,
      start: 0,
      end: packet.bytes.length,
      originalLength: Math.max(packet.originalLength, packet.bytes.length),
      flags: packet.flags,
      frame: packet.id?.frame ?? place + 1,
    });
    for (const comment of packet.comments) writer.comment(comment);
    writer.end();
  }
  return writer.take();
}

/** The first event's time on the first host's clock. */
function startOf(sources: readonly [MergeSource, MergeSource], { events, offset }: Correlation): CaptureTime {
  if (events.length === 0) return { micros: 0, nanos: 0 };
  const { host, place } = events[0];
  const { micros, nanos } = sources[host].capture.packets[place];
  return host === 0 ? { micros, nanos } : { micros: Math.round(micros - offset.micros), nanos };
}

function offsetSentence({ offset }: Correlation): string {
  if (offset.error === Infinity) return 'How far the clocks differ is not known.';
  return `Its clock was ${offset.micros.toFixed(1)} µs ahead, give or take ${offset.error.toFixed(1)} µs.`;
}
