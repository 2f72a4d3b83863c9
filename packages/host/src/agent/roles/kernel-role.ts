/** An end whose TCP is this machine's kernel: its sockets are used, its wire is listened to. */
import { listSockets, type ListedSocket } from '../../kernel-sockets/index.ts';
import type { Alarm } from '../../clock.ts';
import type { EndJob, Findings, SocketLine } from '../protocol.ts';
import type { ConnectionSummary, Micros } from '@tcblab/tcp';
import { joinAddressAndPort } from '@tcblab/tcp/wire';
import { EndRole, openTap } from './end-role.ts';
import { KernelPort } from './kernel-port.ts';
import type { Role, Surroundings } from './role.ts';

/** A wait for a state of the kernel's has nothing else that would end it. */
const LOOK_AGAIN: Micros = 20_000;
/** The kernel is asked for its sockets' states at most this often. */
const SAMPLE_AFTER: Micros = 5_000;

/** @throws MachineError or the system's error when the interface or the capture cannot be opened */
export function playKernel(job: EndJob, surroundings: Surroundings): Role {
  const { clock } = surroundings;
  const link = surroundings.openLink(job, []);
  let role: EndRole;
  try {
    role = new EndRole(
      job,
      surroundings,
      link,
      openTap(job, surroundings),
      new KernelPort(job.ipv6?.address ?? job.address, wake),
    );
  } catch (error) {
    link.close();
    throw error;
  }
  const states = new Map<string, string>();
  let sampledAt: Micros = -Infinity;
  let alarm: Alarm | null = null;
  let awake = false;
  let closed = false;

  function wake(): void {
    if (awake || closed) return;
    awake = true;
    clock.soon(() => {
      awake = false;
      if (!closed) turn();
    });
  }

  function listen(): void {
    try {
      for (let frames = link.receive(); frames.count > 0; frames = link.receive()) {
        for (let i = 0; i < frames.count; i++) {
          role.tap.received(frames, i);
          role.tap.end();
        }
      }
    } catch (error) {
      role.loseLink(error);
    }
  }

  function turn(): void {
    listen();
    const due = role.driver.over ? Infinity : role.step(clock.now());
    sample();
    alarm?.cancel();
    if (!role.driver.over) alarm = clock.at(Math.min(due, clock.now() + LOOK_AGAIN), turn);
  }

  /** What the kernel says of itself: it explains; whoever has both holds it against what the packets say. */
  function sample(): void {
    const now = clock.now();
    if (!job.trace || now < sampledAt + SAMPLE_AFTER) return;
    sampledAt = now;
    for (const socket of listSockets()) {
      const name = `${where(socket.local)} ${where(socket.remote)}`;
      if (states.get(name) === socket.state) continue;
      states.set(name, socket.state);
      const detail = `${name} ${socket.state}`;
      role.tap.explain([{ name: 'bench_event', time: now, connection: 0, event: 'kernel_state', detail }]);
    }
  }

  async function finish(): Promise<Findings> {
    const left = listSockets().map(summary);
    role.driver.dispose(clock.now());
    turn();
    closed = true;
    alarm?.cancel();
    link.onReadable(null);
    const { dropped } = link.statistics();
    link.close();
    await role.tap.close(dropped);
    return role.findings({ counters: null, left, crashed: null });
  }

  let finished: Promise<Findings> | null = null;
  link.onReadable(() => turn());
  return {
    warnings: role.warnings,
    done: role.done,
    arm: () => role.driver.prepare(clock.now()),
    start() {
      role.start();
      wake();
    },
    progress: () => role.progress(),
    sockets: () => ({
      host: job.host,
      implementation: 'kernel',
      sockets: listSockets().map((socket) => ({ ...summary(socket), timer: runningTimer(socket) })),
    }),
    finish: () => (finished ??= finish()),
  };
}

function where({ address, port }: ListedSocket['local']): string {
  return joinAddressAndPort(address, port);
}

function summary(socket: ListedSocket): ConnectionSummary {
  return {
    local: where(socket.local),
    remote: where(socket.remote),
    state: socket.state === 'UNKNOWN' ? 'CLOSED' : socket.state,
    receiveQueue: socket.receiveQueue,
    sendQueue: socket.sendQueue,
  };
}

function runningTimer({ timer, timerMilliseconds, retransmits }: ListedSocket): SocketLine['timer'] {
  if (timer === 'none' || timer === 'unknown') return null;
  return { name: timer, milliseconds: timerMilliseconds, retransmissions: retransmits };
}
