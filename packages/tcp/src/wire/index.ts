export { Address, formatAddress, parseAddress, sameAddress } from './address.ts';
export type { Malformed } from './malformed.ts';
export { ACK, CWR, ECE, FIN, PSH, RST, SYN, Segment, URG } from './segment.ts';
export type { SackBlock } from './segment.ts';
export { seq, seqAdd, seqDistance, seqInWindow, seqLess, seqLessOrEqual } from './seq.ts';
