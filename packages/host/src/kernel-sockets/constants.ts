/**
 * The kernel's numbers by their names, as far as scripts and this package speak of them.
 *
 * They are those of Linux on x86-64 and arm64, which share them (asm-generic); other architectures may differ.
 */

export const AF = { UNSPEC: 0, INET: 2, NETLINK: 16, INET6: 10, PACKET: 17 } as const;

export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

export const IPPROTO = { IP: 0, ICMP: 1, TCP: 6, UDP: 17, IPV6: 41, RAW: 255 } as const;

/** `level` of getsockopt and setsockopt. */
export const SOL = { SOCKET: 1, IP: 0, TCP: 6, UDP: 17, IPV6: 41, NETLINK: 270 } as const;

/** Options of SOL_SOCKET. */
export const SO = {
  DEBUG: 1,
  REUSEADDR: 2,
  TYPE: 3,
  ERROR: 4,
  DONTROUTE: 5,
  BROADCAST: 6,
  SNDBUF: 7,
  RCVBUF: 8,
  KEEPALIVE: 9,
  OOBINLINE: 10,
  PRIORITY: 12,
  LINGER: 13,
  REUSEPORT: 15,
  RCVLOWAT: 18,
  RCVTIMEO: 20,
  SNDTIMEO: 21,
  BINDTODEVICE: 25,
  TIMESTAMP: 29,
  ACCEPTCONN: 30,
  SNDBUFFORCE: 32,
  RCVBUFFORCE: 33,
  MARK: 36,
  PROTOCOL: 38,
  DOMAIN: 39,
  INCOMING_CPU: 49,
  MAX_PACING_RATE: 47,
  ZEROCOPY: 60,
} as const;

/** Options of SOL_TCP. */
export const TCP = {
  NODELAY: 1,
  MAXSEG: 2,
  CORK: 3,
  KEEPIDLE: 4,
  KEEPINTVL: 5,
  KEEPCNT: 6,
  SYNCNT: 7,
  LINGER2: 8,
  DEFER_ACCEPT: 9,
  WINDOW_CLAMP: 10,
  INFO: 11,
  QUICKACK: 12,
  CONGESTION: 13,
  MD5SIG: 14,
  THIN_LINEAR_TIMEOUTS: 16,
  USER_TIMEOUT: 18,
  REPAIR: 19,
  REPAIR_QUEUE: 20,
  QUEUE_SEQ: 21,
  REPAIR_OPTIONS: 22,
  FASTOPEN: 23,
  TIMESTAMP: 24,
  NOTSENT_LOWAT: 25,
  SAVE_SYN: 27,
  SAVED_SYN: 28,
  REPAIR_WINDOW: 29,
  FASTOPEN_CONNECT: 30,
  INQ: 36,
  TX_DELAY: 37,
} as const;

/** Options of SOL_IP. */
export const IP = {
  TOS: 1,
  TTL: 2,
  RECVTOS: 13,
  MTU_DISCOVER: 10,
  RECVERR: 11,
  MTU: 14,
  BIND_ADDRESS_NO_PORT: 24,
} as const;

/** Options of SOL_IPV6. */
export const IPV6 = {
  UNICAST_HOPS: 16,
  MTU_DISCOVER: 23,
  MTU: 24,
  RECVERR: 25,
  V6ONLY: 26,
  TCLASS: 67,
} as const;

/** Flags of the receive and send calls. */
export const MSG = {
  OOB: 0x1,
  PEEK: 0x2,
  DONTROUTE: 0x4,
  CTRUNC: 0x8,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  EOR: 0x80,
  WAITALL: 0x100,
  FIN: 0x200,
  SYN: 0x400,
  RST: 0x1000,
  ERRQUEUE: 0x2000,
  NOSIGNAL: 0x4000,
  MORE: 0x8000,
  ZEROCOPY: 0x4000000,
  FASTOPEN: 0x20000000,
} as const;

/** `how` of shutdown. */
export const SHUT = { RD: 0, WR: 1, RDWR: 2 } as const;

export const FCNTL = { GETFD: 1, SETFD: 2, GETFL: 3, SETFL: 4 } as const;

/** File status flags that fcntl reads and sets. */
export const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, NONBLOCK: 0o4000 } as const;

/** Requests of ioctl. SIOCINQ is FIONREAD, SIOCOUTQ is TIOCOUTQ. */
export const IOCTL = {
  FIONREAD: 0x541b,
  SIOCINQ: 0x541b,
  SIOCOUTQ: 0x5411,
  SIOCOUTQNSD: 0x894b,
  SIOCATMARK: 0x8905,
  SIOCETHTOOL: 0x8946,
} as const;

/** Conditions of poll. */
export const POLL = {
  IN: 0x1,
  PRI: 0x2,
  OUT: 0x4,
  ERR: 0x8,
  HUP: 0x10,
  NVAL: 0x20,
  RDNORM: 0x40,
  RDBAND: 0x80,
  WRNORM: 0x100,
  WRBAND: 0x200,
  RDHUP: 0x2000,
} as const;

/** Conditions and flags of epoll; the conditions have the values of {@link POLL}. */
export const EPOLL = {
  IN: 0x1,
  PRI: 0x2,
  OUT: 0x4,
  ERR: 0x8,
  HUP: 0x10,
  RDHUP: 0x2000,
  EXCLUSIVE: 1 << 28,
  ONESHOT: 1 << 30,
  ET: 1 << 31,
} as const;

/** Operations of epoll_ctl. */
export const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;

/** The kernel's TCP states, by number: RFC names, as `tcpi_state` and sock_diag count them. */
export const TCP_STATES = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
  // TCP_NEW_SYN_RECV: a request in a listener's SYN queue. To the RFC it is the same state.
  'SYN-RECEIVED',
] as const;

export type KernelTcpState = (typeof TCP_STATES)[number];
