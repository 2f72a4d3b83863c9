/** Whether a wire carried anything at all. Where it did not, nothing can be said of the TCPs at its ends. */
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  parseEthernet,
  sameMac,
} from '@tcblab/tcp/wire';
import type { MacAddress } from '@tcblab/tcp/wire';
import type { HostEvidence, PlatformFault } from './evidence.ts';
import type { ScenarioEnd } from './scenario.ts';
import type { Sightings } from './sighted-segment.ts';

/** One end of the wire, and what passed its tap. */
export interface WireEnd {
  readonly end: ScenarioEnd;
  readonly host: HostEvidence;
  readonly sightings: Sightings;
}

/**
 * The direction in which nothing came through, as a fault of the platform: no frame at all, or none of several segments.
 *
 * A single segment that was lost is no such fault while other frames arrive: to send it again was the TCP's duty.
 *
 * @returns null when something of each end that spoke reached the other
 */
export function deadWire(a: WireEnd, b: WireEnd): PlatformFault | null {
  return deadDirection(a, b) ?? deadDirection(b, a);
}

function deadDirection(sender: WireEnd, receiver: WireEnd): PlatformFault | null {
  // A TCP that stands still hears nothing, on the best of wires.
  if (receiver.host.crashed !== undefined) return null;
  const mac = senderOf(sender.host, 'out');
  const name = `${sender.end.role} (host ${sender.end.host})`;
  const other = `${receiver.end.role} (host ${receiver.end.host})`;
  if (mac !== null && senderOf(receiver.host, 'in', (source) => sameMac(source, mac)) === null) {
    return {
      what: `no frame that ${name} sent reached ${other}: the cable, an interface or the wire between them is dead`,
      next: 'check the cable, then run ./tcblab doctor',
    };
  }
  const meant = sender.end.wire.filter(({ action }) => action === 'drop').length;
  const segments = segmentsOf(sender.sightings, 'out') - meant;
  if (segments > 1 && segmentsOf(receiver.sightings, 'in') === 0) {
    return {
      what: `none of the ${segments} segments that ${name} sent reached ${other}: the wire lost them all`,
      next: 'ask for less --loss; if you asked for none, run ./tcblab doctor',
    };
  }
  return null;
}

/** Source of the first frame of IP or ARP that this holds for. What else a kernel says counts for nothing. */
function senderOf(
  { frames }: HostEvidence,
  direction: 'in' | 'out',
  holds: (source: Readonly<MacAddress>) => boolean = () => true,
): Readonly<MacAddress> | null {
  const ethernet = new EthernetHeader();
  for (const frame of frames) {
    if (frame.direction !== direction) continue;
    if (parseEthernet(frame.bytes, 0, frame.bytes.length, ethernet) !== null) continue;
    const { etherType, source } = ethernet;
    const counts =
      etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6 || etherType === ETHERTYPE_ARP;
    if (counts && holds(source)) return source;
  }
  return null;
}

function segmentsOf({ segments, bad }: Sightings, direction: 'in' | 'out'): number {
  return [...segments, ...bad].filter((segment) => segment.direction === direction).length;
}
