/** Puts one host's Ethernet header round what it sends. */
import type { Octets } from '../units.ts';
import { ETHERNET_HEADER_LENGTH, EthernetHeader, writeEthernet } from '../wire/ethernet.ts';
import type { MacAddress } from '../wire/mac-address.ts';

/** Ethernet's least frame without its check sequence: shorter ones are filled with zeros. */
const LEAST_FRAME: Octets = 60;

export class FrameOutput {
  readonly #header = new EthernetHeader();

  constructor(source: Readonly<MacAddress>) {
    this.#header.source.copyFrom(source);
  }

  /** Make a frame of the `length` octets at into[start + 14…]. @returns octets of the frame at into[start…] */
  frame(
    to: Readonly<MacAddress>,
    etherType: number,
    into: Uint8Array,
    start: number,
    length: Octets,
  ): Octets {
    this.#header.destination.copyFrom(to);
    this.#header.etherType = etherType;
    writeEthernet(this.#header, into, start);
    const end = start + ETHERNET_HEADER_LENGTH + length;
    if (end - start >= LEAST_FRAME) return end - start;
    into.fill(0, end, start + LEAST_FRAME);
    return LEAST_FRAME;
  }
}
