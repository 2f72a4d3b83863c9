/** The settings that a script assumes: profiles by name, and the sysctl names that mean one of the core's settings. */
import {
  SYN_COOKIES,
  defaultSettings,
  profiles as settingsProfiles,
  type Micros,
  type ProfileName,
  type Settings,
} from '@tcblab/tcp';

export type { ProfileName };

export type NamedSettings = Readonly<Record<string, number>>;

const SECOND: Micros = 1_000_000;
const FULL_SEGMENT = 1460;

/** The core's profiles, as numbers: a system under test may be written in any language. Times in µs, sizes in octets. */
export const profiles: Readonly<Record<ProfileName, NamedSettings>> = {
  rfc: numbers(settingsProfiles.rfc),
  linux: numbers(settingsProfiles.linux),
  freebsd: numbers(settingsProfiles.freebsd),
};

function numbers(settings: Partial<Settings>): NamedSettings {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, Number(value)]));
}

/** What a number of SYNs, each after twice the time of the last, comes to. */
const spent = (retries: number): Micros => (2 ** (retries + 1) - 1) * SECOND;

type Translation = (values: readonly number[]) => NamedSettings;

const SYSCTLS: Record<string, Translation> = {
  'net.ipv4.tcp_timestamps': ([on]) => ({ timestamps: Math.min(1, on) }),
  'net.ipv4.tcp_sack': ([on]) => ({ sack: on }),
  'net.inet.tcp.rfc1323': ([on]) => ({ timestamps: Math.min(1, on) }),
  'net.inet.tcp.sack.enable': ([on]) => ({ sack: on }),
  'net.ipv4.tcp_recovery': ([bits]) => ({ rack: bits & 1 }),
  'net.inet.tcp.rack.enable': ([on]) => ({ rack: on }),
  'net.ipv4.tcp_rfc1337': ([on]) => ({ timeWaitIgnoresResets: on }),
  'net.ipv4.tcp_keepalive_time': ([seconds]) => ({ keepAliveIdle: seconds * SECOND }),
  'net.ipv4.tcp_keepalive_intvl': ([seconds]) => ({ keepAliveInterval: seconds * SECOND }),
  'net.ipv4.tcp_keepalive_probes': ([n]) => ({ keepAliveProbes: n }),
  'net.inet.tcp.always_keepalive': ([on]) => ({ keepAlive: on }),
  'net.inet.tcp.keepidle': ([ms]) => ({ keepAliveIdle: ms * 1000 }),
  'net.inet.tcp.keepintvl': ([ms]) => ({ keepAliveInterval: ms * 1000 }),
  'net.inet.tcp.keepcnt': ([n]) => ({ keepAliveProbes: n }),
  'net.ipv4.tcp_rto_min_us': ([us]) => ({ minRto: us }),
  'net.ipv4.tcp_syn_retries': ([n]) => ({ synLimit: spent(n) }),
  'net.ipv4.tcp_synack_retries': ([n]) => ({ synAckRetries: n, synReceivedLimit: spent(n) }),
  'net.ipv4.tcp_syncookies': ([n]) => ({ synCookies: n }),
  'net.ipv4.tcp_abort_on_overflow': ([on]) => ({ abortOnOverflow: on }),
  'net.ipv4.tcp_max_syn_backlog': ([n]) => ({ synBacklog: n }),
  'net.core.somaxconn': ([n]) => ({ somaxconn: n }),
  'net.ipv4.tcp_rmem': ([least, usual]) => ({ receiveBuffer: usual ?? least }),
  'net.ipv4.tcp_wmem': ([least, usual]) => ({ sendBuffer: usual ?? least }),
  'net.ipv4.tcp_fin_timeout': ([seconds]) => ({ finWait2Limit: seconds * SECOND }),
  'net.inet.tcp.finwait2_timeout': ([ms]) => ({ finWait2Limit: ms * 1000 }),
  'net.inet.tcp.msl': ([ms]) => ({ msl: ms * 1000 }),
  'net.inet.tcp.rexmit_min': ([ms]) => ({ minRto: ms * 1000 }),
  'net.inet.tcp.rexmit_initial': ([ms]) => ({ initialRto: ms * 1000 }),
  'net.inet.tcp.delacktime': ([ms]) => ({ delayedAck: ms * 1000 }),
  'net.inet.tcp.delayed_ack': ([on]): NamedSettings => (on === 0 ? { delayedAck: 0 } : {}),
  'kern.ipc.soacceptqueue': ([n]) => ({ somaxconn: n }),
  'net.inet.tcp.syncookies': ([on]) => ({ synCookies: on }),
  'net.inet.tcp.syncookies_only': ([on]): NamedSettings =>
    on === 0 ? {} : { synCookies: SYN_COOKIES.always },
  'net.inet.tcp.syncache.rexmtlimit': ([n]) => ({ synAckRetries: n }),
  'net.inet.tcp.syncache.rst_on_sock_fail': ([on]) => ({ abortOnOverflow: on }),
  'net.inet.tcp.sendspace': ([octets]) => ({ sendBuffer: octets }),
  'net.inet.tcp.recvspace': ([octets]) => ({ receiveBuffer: octets }),
  'net.ipv4.route.min_pmtu': ([octets]) => ({ minPathMtu: octets }),
  'net.ipv4.route.mtu_expires': ([seconds]) => ({ pathMtuAge: seconds * SECOND }),
  'net.inet.tcp.initcwnd_segments': ([n]) => ({ initialWindow: n * FULL_SEGMENT }),
};

/** Those whose values are names. */
const CONGESTION_CONTROLS = ['net.ipv4.tcp_congestion_control', 'net.inet.tcp.cc.algorithm'];
const CONGESTION_CONTROL: Record<string, NamedSettings> = {
  reno: { cubic: 0 },
  newreno: { cubic: 0 },
  cubic: { cubic: 1 },
};

/** The core's own settings, by this and their name: for what no system has a sysctl for. */
const OWN = 'tcblab.';

/** What of our own settings a sysctl of Linux means as well, and how many of ours one of its units is. */
const OF_LINUX: Record<string, readonly [sysctl: string, unit: number]> = {
  timestamps: ['net.ipv4.tcp_timestamps', 1],
  sack: ['net.ipv4.tcp_sack', 1],
  rack: ['net.ipv4.tcp_recovery', 1],
  timeWaitIgnoresResets: ['net.ipv4.tcp_rfc1337', 1],
  keepAliveIdle: ['net.ipv4.tcp_keepalive_time', SECOND],
  keepAliveInterval: ['net.ipv4.tcp_keepalive_intvl', SECOND],
  keepAliveProbes: ['net.ipv4.tcp_keepalive_probes', 1],
  finWait2Limit: ['net.ipv4.tcp_fin_timeout', SECOND],
  minRto: ['net.ipv4.tcp_rto_min_us', 1],
  synAckRetries: ['net.ipv4.tcp_synack_retries', 1],
  synCookies: ['net.ipv4.tcp_syncookies', 1],
  abortOnOverflow: ['net.ipv4.tcp_abort_on_overflow', 1],
  somaxconn: ['net.core.somaxconn', 1],
  synBacklog: ['net.ipv4.tcp_max_syn_backlog', 1],
  minPathMtu: ['net.ipv4.route.min_pmtu', 1],
  pathMtuAge: ['net.ipv4.route.mtu_expires', SECOND],
};

/** @returns an assignment as Linux knows it, where it has a sysctl for one of our own settings; else the same */
export function linuxSysctl(name: string, value: string): { readonly name: string; readonly value: string } {
  if (!name.startsWith(OWN)) return { name, value };
  const setting = name.slice(OWN.length);
  if (setting === 'cubic' && /^[01]$/.test(value)) {
    return { name: CONGESTION_CONTROLS[0], value: value === '1' ? 'cubic' : 'reno' };
  }
  if (!Object.hasOwn(OF_LINUX, setting)) return { name, value };
  const [sysctl, unit] = OF_LINUX[setting];
  const units = Number(value) / unit;
  return Number.isInteger(units) ? { name: sysctl, value: `${units}` } : { name, value };
}

/** @returns the settings that a sysctl means; null when there is no equivalent */
export function settingsOf(name: string, value: string): NamedSettings | null {
  if (CONGESTION_CONTROLS.includes(name)) {
    return Object.hasOwn(CONGESTION_CONTROL, value.trim()) ? CONGESTION_CONTROL[value.trim()] : null;
  }
  const values = value.trim().split(/\s+/).map(Number);
  if (values.some((number) => !Number.isInteger(number) || number < 0)) return null;
  if (name.startsWith(OWN)) {
    const setting = name.slice(OWN.length);
    return Object.hasOwn(defaultSettings, setting) ? { [setting]: values[0] } : null;
  }
  return Object.hasOwn(SYSCTLS, name) ? SYSCTLS[name](values) : null;
}
