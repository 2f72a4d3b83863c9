/** What a host told of one connection by one of its frames. */
import type { NumberedRecord } from '@tcblab/capture';

const RECOVERY = ['cwnd', 'ssthresh', 'in_flight', 'srtt', 'rttvar', 'rto', 'dupacks'] as const;

/**
 * @param frame index of a frame of that host
 * @param time of that frame, on the host's clock, in microseconds
 * @returns names as RFC 9293 writes them, with what they held after the frame; empty where nothing was told
 */
export function tcbAt(
  records: readonly NumberedRecord[],
  host: number,
  frame: number,
  time: number,
): Map<string, string> {
  const own = records.filter((record) => record.host === host);
  const until = own.findIndex((one) => (one.frame === undefined ? one.event.time > time : one.frame > frame));
  const past = until < 0 ? own : own.slice(0, until);
  const connection = past.findLast(({ event }) => event.connection > 0)?.event.connection ?? 0;
  const told = new Map<string, string>();
  const timers = new Map<string, number>();
  for (const { event } of past) {
    if (event.connection !== connection) continue;
    if (event.name === 'state_updated') told.set('state', event.new);
    if (event.name === 'tcb_updated') {
      for (const [name, value] of Object.entries(event.variables)) {
        told.set(name.replace('_', '.').toUpperCase(), String(value));
      }
    }
    if (event.name === 'recovery_updated') {
      for (const name of RECOVERY) if (event[name] !== undefined) told.set(name, String(event[name]));
    }
    if (event.name === 'timer_updated') {
      if (event.event === 'set') timers.set(event.timer, event.time + (event.delta ?? 0));
      else timers.delete(event.timer);
    }
  }
  for (const [name, due] of timers) {
    told.set(`timer ${name}`, `in ${Math.max(0, (due - time) / 1000).toFixed(1)} ms`);
  }
  return told;
}
