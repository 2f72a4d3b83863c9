/** The capture of a host that lived in memory, as a host on a real wire writes it. */
import { annotate, INBOUND, OUTBOUND, PcapngWriter } from '@tcblab/capture';
import type { HostEvidence } from '@tcblab/drill/scenario';

/** @returns a whole pcapng file; times count from the beginning of the run */
export function captureOf(host: HostEvidence): Uint8Array {
  const writer = new PcapngWriter({
    section: { application: 'tcblab' },
    interfaces: [
      {
        host: host.number,
        name: `host-${host.host}:memory`,
        description: `host ${host.host.toUpperCase()} (${host.implementation}), in virtual time`,
        ...(host.address.includes(':') ? { ipv6: `${host.address}/64` } : { ipv4: `${host.address}/24` }),
      },
    ],
  });
  const comments = commentsByFrame(host);
  for (const { bytes, time, index, direction } of host.frames) {
    const flags = direction === 'in' ? INBOUND : OUTBOUND;
    writer.begin({
      interface: 0,
      micros: time,
      nanos: 0,
      bytes,
      start: 0,
      end: bytes.length,
      originalLength: bytes.length,
      flags,
      frame: index,
    });
    for (const comment of comments.get(index) ?? []) writer.comment(comment);
    writer.end();
  }
  const last = host.frames.at(-1)?.time ?? 0;
  const received = host.frames.filter(({ direction }) => direction === 'in').length;
  writer.statistics(0, { start: { micros: 0, nanos: 0 }, end: { micros: last, nanos: 0 }, received });
  return writer.take();
}

function commentsByFrame({ trace }: HostEvidence): Map<number, string[]> {
  const comments = new Map<number, string[]>();
  for (const { frame, event } of trace) {
    const comment = annotate(event);
    if (frame === undefined || comment === null) continue;
    const those = comments.get(frame);
    if (those === undefined) comments.set(frame, [comment]);
    else those.push(comment);
  }
  return comments;
}
