/** The numbers of pcapng (draft-ietf-opsawg-pcapng) that a file holds: block types, option codes and flag bits. */

export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
/** Obsolete, still met in old files. */
export const PACKET = 2;
export const SIMPLE_PACKET = 3;
export const NAME_RESOLUTION = 4;
export const INTERFACE_STATISTICS = 5;
export const ENHANCED_PACKET = 6;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export const LINKTYPE_ETHERNET = 1;

export const END_OF_OPTIONS = 0;
export const COMMENT = 1;

export const SECTION = { hardware: 2, os: 3, userApplication: 4 } as const;
export const INTERFACE = {
  name: 2,
  description: 3,
  ipv4: 4,
  ipv6: 5,
  mac: 6,
  speed: 8,
  timeResolution: 9,
  filter: 11,
  os: 12,
  timeOffset: 14,
  hardware: 15,
} as const;
export const EPB = { flags: 2, packetId: 5 } as const;
export const STATISTICS = { start: 2, end: 3, received: 4, dropped: 5, osDropped: 7 } as const;
export const NAME = { end: 0, ipv4: 1, ipv6: 2 } as const;

/** Bits of an enhanced packet's flags word. The lowest two are the direction. */
export const DIRECTION_MASK = 0b11;
export const INBOUND = 0b01;
export const OUTBOUND = 0b10;
/** The checksum was left to the interface when the frame was seen, so a wrong one means nothing. */
export const CHECKSUM_NOT_READY = 1 << 9;
/** The interface found the checksum right. */
export const CHECKSUM_VALID = 1 << 10;
