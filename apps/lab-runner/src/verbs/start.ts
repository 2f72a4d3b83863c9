/** `start`: the main job on the best bench that this machine allows. */
import type { Surroundings } from '../program.ts';
import { execute } from '../run/execute.ts';
import { parseRunRequest } from '../run/request.ts';

export async function start(around: Surroundings): Promise<number> {
  const refusal = await refusalOfNamespaces();
  if (refusal === null) return execute(around, parseRunRequest('handshake', { b: 'kernel' }));
  const { stream, style } = around.err;
  stream.write(
    `${style.yellow('No wire here:')} ${refusal.reason}. Both hosts live in memory instead; for a real wire: ${style.cyan(refusal.remedy)}\n\n`,
  );
  return execute(around, parseRunRequest('handshake', { bench: 'virtual' }));
}

async function refusalOfNamespaces(): Promise<{ reason: string; remedy: string } | null> {
  // Not loaded where it cannot run: its native code is for Linux.
  if (process.platform !== 'linux') {
    return {
      reason: `${process.platform} has no network namespaces`,
      remedy: 'run it on Linux, or in .devcontainer',
    };
  }
  const { probeNamespaces } = await import('@tcblab/host/namespace');
  const probe = await probeNamespaces();
  return probe.ok ? null : probe;
}
