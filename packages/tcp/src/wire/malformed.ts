/** Why some bytes from the network could not be read. Data, not an exception: peers send junk. */
export interface Malformed {
  readonly layer: 'ethernet' | 'arp' | 'ipv4' | 'icmp' | 'ipv6' | 'icmpv6' | 'tcp';
  readonly reason: 'truncated' | 'bad-checksum' | 'bad-length' | 'unsupported';
  /** Offset of the offending byte, counted from the start of the layer. */
  readonly at: number;
}

/** One reason, made once when a codec is loaded, so that a flood of junk allocates nothing. */
export function malformed(layer: Malformed['layer'], reason: Malformed['reason'], at: number): Malformed {
  return Object.freeze({ layer, reason, at });
}
