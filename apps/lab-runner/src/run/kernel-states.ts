/** What a kernel said of its connections' states, held against what its packets say. */
import type { Ladder } from '@tcblab/capture';
import type { Evidence, HostEvidence } from '@tcblab/drill/scenario';

/**
 * States that a kernel told of and its packets do not show in that order, a sentence each. It is asked now and then, so
 * it may have passed over any number of states; and a listener has no packets of its own.
 */
export function stateContradictions(ladder: Ladder, evidence: Evidence): string[] {
  return evidence.hosts.flatMap((host, side) => {
    const told = toldStates(host);
    return ladder.connections.flatMap(({ left, right }, connection) => {
      const name = side === 0 ? `${left} ${right}` : `${right} ${left}`;
      const states = told.get(name) ?? [];
      const shown = ladder.rows.flatMap((row) => {
        if (row.kind !== 'segment' || row.connection !== connection) return [];
        return row.ends[side === 0 ? 0 : 1].state ?? [];
      });
      const missing = firstOutOfOrder(states, shown);
      if (missing === null) return [];
      const who = `the kernel of host ${host.host.toUpperCase()}`;
      const path = shown.filter((state, index) => state !== shown[index - 1]).join(', ');
      return [`${who} said that ${name.replace(' ', ' to ')} was in ${missing}; its packets show ${path}`];
    });
  });
}

/** In the order in which they were told, by `local remote`. */
function toldStates({ trace }: HostEvidence): Map<string, string[]> {
  const states = new Map<string, string[]>();
  for (const { event } of trace) {
    if (event.name !== 'bench_event' || event.event !== 'kernel_state') continue;
    const [local, remote, state] = (event.detail ?? '').split(' ');
    if (state === 'LISTEN' || state === 'UNKNOWN' || state === 'CLOSED') continue;
    const own = states.get(`${local} ${remote}`) ?? [];
    own.push(state);
    states.set(`${local} ${remote}`, own);
  }
  return states;
}

function firstOutOfOrder(states: readonly string[], shown: readonly string[]): string | null {
  let from = 0;
  for (const state of states) {
    from = shown.indexOf(state, from);
    if (from < 0) return state;
  }
  return null;
}
