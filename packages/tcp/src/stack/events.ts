/** What has happened to a connection or listener since its user looked last: bits that add up. */

export const Events = {
  /** The handshake is complete. */
  CONNECTED: 1,
  /** Octets can be received. */
  READABLE: 2,
  /** There is room in the send buffer again. */
  WRITABLE: 4,
  /** The peer has sent its FIN, and everything before it is here. */
  PEER_FINISHED: 8,
  /** The connection is no more; `error` tells why when it was no orderly end. */
  CLOSED: 16,
  /** A listener has a connection for accept(). */
  ACCEPTABLE: 32,
  /** The network says that a segment did not arrive: see `softError`. TCP goes on. @rfc 9293 3.9.1.8 MUST-47 */
  REPORT: 64,
  /** Urgent data is on its way, or more of it than was known: see `urgent`. @rfc 9293 3.8.5 MUST-32 */
  URGENT: 128,
} as const;
