/** One end of a wire as whole packets of one version of IP, whichever namespace it lies in; each comes with the kernel's time stamp. */
import type { Micros } from '@tcblab/tcp';
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  PROTOCOL_ICMPV6,
  ipVersion,
  isNeighborDiscovery,
} from '@tcblab/tcp/wire';
import { systemClock } from '../clock.ts';
import { AF, demand, POLL, SOCK, type KernelSocket } from '../kernel-sockets/index.ts';
import { readLink, type WireHost } from '../namespace/index.ts';

const HEADER = 14;
/** The time stamp of the packet that was read last; asking for it the first time has packets stamped. */
const SIOCGSTAMPNS = 0x8907;
const LONGEST = 65_549;

export interface StampedPacket {
  /** By `systemClock`. */
  readonly time: Micros;
  readonly bytes: Uint8Array;
}

export class PacketEnd {
  readonly #socket: KernelSocket;
  readonly #header: Uint8Array;
  /** What the kernel's wall clock is ahead of `systemClock`. */
  readonly #ahead: Micros;
  readonly #into = new Uint8Array(LONGEST);
  readonly #over = new AbortController();

  /**
   * @param here the end that this is
   * @param there the end that packets are sent to
   * @param version of IP; neighbour discovery and word of groups, which belong to the link, are passed over
   * @throws MachineError when the kernel refuses
   */
  constructor(here: WireHost, there: WireHost, version: 4 | 6) {
    const { namespace, interfaceName } = here;
    const etherType = version === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    const type = etherType.toString(16).padStart(4, '0');
    this.#header = Buffer.from(`${there.mac}${here.mac}${type}`.replaceAll(':', ''), 'hex');
    this.#ahead = wallClockAhead();
    this.#socket = namespace.socket(AF.PACKET, SOCK.RAW, 0);
    this.#stamp();
    // struct sockaddr_ll: family, protocol in network order, interface.
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF.PACKET, true);
    address.setUint16(2, etherType);
    address.setInt32(4, readLink(namespace, interfaceName).index, true);
    demand(this.#socket.bind(new Uint8Array(address.buffer)), `bind a packet socket to ${interfaceName}`);
  }

  /** @throws MachineError when the kernel does not take it */
  send(packet: Uint8Array): void {
    const frame = new Uint8Array(HEADER + packet.length);
    frame.set(this.#header);
    frame.set(packet, HEADER);
    demand(this.#socket.send(frame), `send a packet of ${packet.length} octets`);
  }

  /** What has come, in order; empty when nothing has. */
  receive(): StampedPacket[] {
    const packets: StampedPacket[] = [];
    for (;;) {
      const octets = this.#socket.read(this.#into);
      if (octets.errno !== undefined) return packets;
      const time = this.#stamp();
      if (isOfTheLink(this.#into)) continue;
      packets.push({ time, bytes: this.#into.slice(HEADER, octets.value) });
    }
  }

  /** Call back in every turn of the event loop in which something has come, until `close`. */
  async onReadable(callback: () => void): Promise<void> {
    while (!this.#over.signal.aborted) {
      const ready = await this.#socket.ready(POLL.IN);
      if (ready.errno !== undefined) return;
      callback();
      // What nobody takes is not news.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.#over.abort();
    this.#socket.close();
  }

  /** When the packet came that was read last. */
  #stamp(): Micros {
    // struct timespec
    const memory = new BigInt64Array(2);
    const now = systemClock.now();
    if (this.#socket.ioctl(SIOCGSTAMPNS, new Uint8Array(memory.buffer)).errno !== undefined) return now;
    const micros = Number(memory[0]) * 1e6 + Math.floor(Number(memory[1]) / 1000);
    return Math.min(micros - this.#ahead, now);
  }
}

/** Whether a frame is what an IPv6 host says to its link: who is where, which groups it hears. */
function isOfTheLink(frame: Uint8Array): boolean {
  if (ipVersion(frame, HEADER) !== 6) return false;
  const protocol = frame[HEADER + 6];
  const message = frame[HEADER + 40];
  const isListener = message >= 130 && message <= 132;
  return (
    protocol === HOP_BY_HOP || (protocol === PROTOCOL_ICMPV6 && (isListener || isNeighborDiscovery(message)))
  );
}

/** What stands before a report of groups. @rfc 3810 5 */
const HOP_BY_HOP = 0;

/** The wall clock in whole µs tells only ms; what it is when it changes is exact. */
function wallClockAhead(): Micros {
  const before = Date.now();
  let after = before;
  while (after === before) after = Date.now();
  return after * 1000 - systemClock.now();
}
