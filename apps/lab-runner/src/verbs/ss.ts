/** `ss`: the connections and their states at each host of every run that is alive. */
import type { HostSockets, SocketLine } from '@tcblab/host';
import type { Surroundings } from '../program.ts';
import { findRuns, type LiveRun } from '../run/live-runs.ts';
import { table } from '../terminal/table.ts';
import type { Style } from '../terminal/style.ts';

export async function ss(around: Surroundings, options: { json?: boolean }): Promise<number> {
  const runs = await findRuns();
  const { stream, style } = around.out;
  if (options.json) {
    stream.write(`${JSON.stringify({ version: 1, runs }, null, 2)}\n`);
    return 0;
  }
  if (runs.length === 0) {
    around.err.stream.write(
      'No run is alive on this machine. Start one that lasts in another terminal, such as\n' +
        `  ${style.cyan('./tcblab run transfer --loss 10%')}\n`,
    );
    return 0;
  }
  stream.write(`${runs.map((run) => shownRun(run, style)).join('\n\n')}\n`);
  return 0;
}

function shownRun({ scenario, seed, pid, hosts }: LiveRun, style: Style): string {
  const title = style.bold(`${scenario}, seed ${seed} (process ${pid})`);
  const listed = hosts.filter(({ host }) => host !== null);
  if (listed.length === 0) return `${title}\nits hosts are not ready yet, or gone`;
  return [title, ...listed.map((host) => shownHost(host, style))].join('\n');
}

function shownHost({ host, implementation, sockets }: HostSockets, style: Style): string {
  const tcp = implementation === 'kernel' ? "the kernel's TCP" : 'our TCP';
  const title = `host ${host?.toUpperCase() ?? '?'}, ${tcp}`;
  if (sockets.length === 0) return `${title}: nothing is open`;
  const header = ['State', 'Recv-Q', 'Send-Q', 'Local', 'Peer', 'Timer'].map((word) => style.dim(word));
  const rows = sockets.map((socket) => [
    socket.state,
    `${socket.receiveQueue}`,
    `${socket.sendQueue}`,
    socket.local,
    socket.remote,
    shownTimer(socket.timer),
  ]);
  return `${title}\n${table([header, ...rows])}`;
}

/** As `ss -o` has it: what it waits for, how long, and how often it has tried. */
function shownTimer(timer: SocketLine['timer']): string {
  if (timer === null) return '';
  const { name, milliseconds, retransmissions } = timer;
  const wait = milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  return `${name} in ${wait}${retransmissions > 0 ? `, sent again ${retransmissions}×` : ''}`;
}
