/** `struct tcp_info`: what the kernel tells of one of its connections. */
import { TCP_STATES } from './constants.ts';
import type { KernelTcpState } from './constants.ts';

/** The fields of linux/tcp.h in their order, each with its size. One the running kernel does not have reads as absent. */
export const tcpInfoLayout = [
  ['tcpi_state', 1],
  ['tcpi_ca_state', 1],
  ['tcpi_retransmits', 1],
  ['tcpi_probes', 1],
  ['tcpi_backoff', 1],
  ['tcpi_options', 1],
  // Bit fields follow: snd_wscale:4 rcv_wscale:4, then delivery_rate_app_limited:1 fastopen_client_fail:2.
  ['wscale', 1],
  ['flags', 1],
  ['tcpi_rto', 4],
  ['tcpi_ato', 4],
  ['tcpi_snd_mss', 4],
  ['tcpi_rcv_mss', 4],
  ['tcpi_unacked', 4],
  ['tcpi_sacked', 4],
  ['tcpi_lost', 4],
  ['tcpi_retrans', 4],
  ['tcpi_fackets', 4],
  ['tcpi_last_data_sent', 4],
  ['tcpi_last_ack_sent', 4],
  ['tcpi_last_data_recv', 4],
  ['tcpi_last_ack_recv', 4],
  ['tcpi_pmtu', 4],
  ['tcpi_rcv_ssthresh', 4],
  ['tcpi_rtt', 4],
  ['tcpi_rttvar', 4],
  ['tcpi_snd_ssthresh', 4],
  ['tcpi_snd_cwnd', 4],
  ['tcpi_advmss', 4],
  ['tcpi_reordering', 4],
  ['tcpi_rcv_rtt', 4],
  ['tcpi_rcv_space', 4],
  ['tcpi_total_retrans', 4],
  ['tcpi_pacing_rate', 8],
  ['tcpi_max_pacing_rate', 8],
  ['tcpi_bytes_acked', 8],
  ['tcpi_bytes_received', 8],
  ['tcpi_segs_out', 4],
  ['tcpi_segs_in', 4],
  ['tcpi_notsent_bytes', 4],
  ['tcpi_min_rtt', 4],
  ['tcpi_data_segs_in', 4],
  ['tcpi_data_segs_out', 4],
  ['tcpi_delivery_rate', 8],
  ['tcpi_busy_time', 8],
  ['tcpi_rwnd_limited', 8],
  ['tcpi_sndbuf_limited', 8],
  ['tcpi_delivered', 4],
  ['tcpi_delivered_ce', 4],
  ['tcpi_bytes_sent', 8],
  ['tcpi_bytes_retrans', 8],
  ['tcpi_dsack_dups', 4],
  ['tcpi_reord_seen', 4],
  ['tcpi_rcv_ooopack', 4],
  ['tcpi_snd_wnd', 4],
  ['tcpi_rcv_wnd', 4],
  ['tcpi_rehash', 4],
  ['tcpi_total_rto', 2],
  ['tcpi_total_rto_recoveries', 2],
  ['tcpi_total_rto_time', 4],
] as const;

type BitFields = 'wscale' | 'flags';

export type TcpInfoField =
  | Exclude<(typeof tcpInfoLayout)[number][0], BitFields>
  | 'tcpi_snd_wscale'
  | 'tcpi_rcv_wscale'
  | 'tcpi_delivery_rate_app_limited'
  | 'tcpi_fastopen_client_fail';

export interface TcpInfo {
  /** RFC 9293's name of `tcpi_state`. */
  readonly state: KernelTcpState;
  /** Each field of the structure that this kernel filled in, by its name in linux/tcp.h. Times are in its units. */
  readonly fields: { readonly [field in TcpInfoField]?: number };
  /** The structure as the kernel wrote it. */
  readonly raw: Uint8Array;
}

/** Room for the structure of this kernel and of newer ones. */
export const TCP_INFO_ROOM = 512;

/** Read `struct tcp_info`. Numbers beyond 2^53 − 1, of which ~0 for "no limit" is the usual one, read as Infinity. */
export function readTcpInfo(raw: Uint8Array): TcpInfo {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const fields: { [field in TcpInfoField]?: number } = {};
  let at = 0;
  for (const [name, size] of tcpInfoLayout) {
    if (at + size > raw.length) break;
    const value = readUnsigned(view, at, size);
    at += size;
    if (name === 'wscale') {
      fields.tcpi_snd_wscale = value & 0xf;
      fields.tcpi_rcv_wscale = value >> 4;
    } else if (name === 'flags') {
      fields.tcpi_delivery_rate_app_limited = value & 1;
      fields.tcpi_fastopen_client_fail = (value >> 1) & 3;
    } else {
      fields[name] = value;
    }
  }
  return { state: TCP_STATES[fields.tcpi_state ?? 0] ?? 'UNKNOWN', fields, raw };
}

function readUnsigned(view: DataView, at: number, size: 1 | 2 | 4 | 8): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  if (size === 4) return view.getUint32(at, true);
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}
