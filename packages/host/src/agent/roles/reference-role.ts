/** An end whose TCP is ours. */
import { createStackPort } from '@tcblab/drill/scenario';
import { createStack, type Micros, type RunningTimer } from '@tcblab/tcp';
import { createRandom } from '@tcblab/tcp/sim';
import { blameTcp } from '../../drive/blame-tcp.ts';
import { Host } from '../../drive/host.ts';
import { ImpairedDirection } from '../../impair/impaired-direction.ts';
import { partsForRun } from '../../submission/load.ts';
import { StudentError } from '../../submission/student-code.ts';
import type { EndJob, Findings, SocketLine } from '../protocol.ts';
import { EndRole, openTap } from './end-role.ts';
import type { Role, Surroundings } from './role.ts';

/**
 * @throws MisuseError for an impossible impairment, setting or address
 * @throws MachineError or the system's error when the interface or the capture cannot be opened
 */
export async function playReference(job: EndJob, surroundings: Surroundings): Promise<Role> {
  const parts = job.submission === undefined ? null : await partsForRun(job.submission);
  const random = createRandom(job.seed, job.number);
  const stack = createStack({
    mac: job.mac,
    address: job.address,
    prefixLength: job.prefixLength,
    ...(job.ipv6 === undefined ? {} : { ipv6: job.ipv6 }),
    ...(job.settings === undefined ? {} : { settings: job.settings }),
    ...(parts === null ? {} : { parts }),
    random,
    isnSecret: Uint8Array.from({ length: 16 }, () => random() & 0xff),
    trace: true,
  });
  const { out, in: incoming } = job.impairment ?? {};
  const impairment = {
    ...(out === undefined ? {} : { out: new ImpairedDirection(out, job.seed, job.number) }),
    ...(incoming === undefined ? {} : { in: new ImpairedDirection(incoming, job.seed, job.peerNumber) }),
  };
  const link = surroundings.openLink(job, stack.link.groups);
  try {
    const role = new EndRole(
      job,
      surroundings,
      link,
      openTap(job, surroundings, job.mac),
      blameTcp(createStackPort(stack)),
    );
    let crashed: string | null = null;
    const host = new Host({
      clock: surroundings.clock,
      link,
      stack,
      tap: role.tap,
      impairment,
      onFault: (error) => role.loseLink(error),
      onCrash(error, whose) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        if (whose === 'tcp') crashed = studentText(error) ?? text;
        else
          role.faults.push({
            what: `the bench of host ${job.host} failed: ${text}`,
            next: 'please report this',
          });
        role.over();
      },
    });
    let finished: Promise<Findings> | null = null;
    const finish = async () => {
      const left = stack.connections();
      host.attempt(() => role.driver.dispose(host.now()));
      await host.close();
      const { dropped, ...counts } = stack.counters;
      return role.findings({ counters: { ...counts, dropped: Object.fromEntries(dropped) }, left, crashed });
    };
    return {
      warnings: role.warnings,
      done: role.done,
      arm() {
        host.attempt(() => role.driver.prepare(host.now()));
        host.wake();
      },
      start() {
        role.start();
        host.add(role);
      },
      progress: () => role.progress(),
      sockets: () => ({
        host: job.host,
        implementation: 'reference',
        sockets: stack.connections().map(({ timer, ...line }) => ({
          ...line,
          timer: timer === undefined ? null : runningTimer(timer, host.now()),
        })),
      }),
      finish: () => (finished ??= finish()),
    };
  } catch (error) {
    link.close();
    throw error;
  }
}

function runningTimer({ name, at, retransmissions }: RunningTimer, now: Micros): SocketLine['timer'] {
  return { name, milliseconds: Math.max(0, Math.round((at - now) / 1000)), retransmissions };
}

/** What a student needs of an exception: what it says, and their own lines. */
function studentText(error: unknown): string | null {
  return error instanceof StudentError ? error.message : null;
}
