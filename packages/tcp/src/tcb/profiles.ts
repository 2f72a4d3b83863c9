/** Settings by the name of a system: what each changes of the RFCs' defaults. The rest it leaves as the RFCs have it. */
import type { Micros, Octets } from '../units.ts';
import { PORT_ALGORITHMS, SYN_COOKIES, type Settings } from './settings.ts';
import { TIME_WAIT_REUSE } from './time-wait.ts';

export type ProfileName = 'rfc' | 'linux' | 'freebsd';

const SECOND: Micros = 1_000_000;
const FULL_SEGMENT: Octets = 1460;

/** Buffers that a system lets grow by itself have the size that they have here: one that a long path can fill. */
export const profiles: Readonly<Record<ProfileName, Partial<Settings>>> = {
  rfc: {},
  /** The defaults of net.ipv4.tcp_* in Linux 6. */
  linux: {
    minRto: 200_000,
    maxRto: 120 * SECOND,
    // tcp_retries2 of 15, tcp_syn_retries of 6, tcp_synack_retries of 5, as the times that they come to.
    retransmissionLimit: 924_600_000,
    synLimit: 127 * SECOND,
    synReceivedLimit: 63 * SECOND,
    synAckRetries: 5,
    initialWindow: 10 * FULL_SEGMENT,
    // TIME-WAIT lasts 60 s whatever is set.
    msl: 30 * SECOND,
    timeWaitReuse: TIME_WAIT_REUSE.bySequence,
    delayedAck: 40_000,
    softErrorsEndOpen: true,
    keepSynText: false,
    synCookies: SYN_COOKIES.whenFull,
    portAlgorithm: PORT_ALGORITHMS.doubleHash,
    timestamps: true,
    sack: true,
    rack: true,
    cubic: true,
    keepAliveProbes: 9,
  },
  /** The defaults of net.inet.tcp.* and kern.ipc.* in FreeBSD 14. */
  freebsd: {
    minRto: 30_000,
    maxRto: 64 * SECOND,
    // keepinit: 75 s for a handshake.
    synLimit: 75 * SECOND,
    initialWindow: 10 * FULL_SEGMENT,
    msl: 30 * SECOND,
    timeWaitReuse: TIME_WAIT_REUSE.bySequence,
    timeWaitIgnoresResets: true,
    delayedAck: 40_000,
    sendBuffer: 32_768,
    receiveBuffer: 65_536,
    blackHoleTimeouts: 3,
    somaxconn: 128,
    synAckRetries: 3,
    recycleHalfOpen: true,
    keepSynText: false,
    synCookies: SYN_COOKIES.whenFull,
    abortOnOverflow: true,
    timestamps: true,
    sack: true,
    cubic: true,
    keepAlive: true,
    keepAliveProbes: 8,
  },
};
