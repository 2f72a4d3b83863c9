/** Octets between our stack and the kernel's TCP, over a wire that loses frames both ways: how long it takes, and what arrives. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '@tcblab/tcp';
import { createWire, type Wire } from '../src/namespace/index.ts';
import type { HostTask } from './host.ts';

export interface LossyTransfer {
  /** Who sends the octets. */
  readonly sender: 'ours' | 'kernel';
  readonly octets: number;
  readonly family: 'ipv4' | 'ipv6';
  /** Share of the frames that are lost, in each direction. */
  readonly loss: number;
  readonly settings: Partial<Settings>;
  /** Where the capture goes; absent = none is kept. */
  readonly capture?: string;
}

export interface LossyOutcome {
  readonly seconds: number;
  /** SHA-256 of what was sent, and of what arrived. */
  readonly sent: string;
  readonly received: string;
}

const PORT = 5001;
const HOST = join(import.meta.dirname, 'host.ts');

/**
 * Make a wire, carry the octets across, and take the wire down again. Both ends offer SACK and timestamps.
 *
 * @param folder for files of the kernel's end
 */
export async function runLossyTransfer(transfer: LossyTransfer, folder: string): Promise<LossyOutcome> {
  const { sender, octets, family } = transfer;
  const wire = await createWire({ ends: [{}, { addresses: ['10.77.0.2/24', 'fd00:77::2/64'] }] });
  const address = family === 'ipv4' ? `TCP4-LISTEN:${PORT}` : `TCP6-LISTEN:${PORT}`;
  const children: ChildProcess[] = [];
  const shell = (command: string) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = wire.hosts[1].namespace.spawn('sh', ['-c', command], { stdio: [...stdio] });
    children.push(child);
    return child;
  };
  try {
    if (sender === 'ours') {
      const sink = shell(`socat -u ${address} STDOUT | sha256sum`);
      await listening(wire, children);
      const host = await ourEnd(wire, children, { does: 'send', ...transfer });
      const received = await firstWord(sink);
      return { ...(await host.finish()), received };
    }
    const file = join(folder, 'octets');
    // Lines that count: no two places are alike, so that none can stand for another.
    const sent = await firstWord(shell(`seq -w 1 ${octets} | head -c ${octets} | tee ${file} | sha256sum`));
    shell(`socat -u OPEN:${file} ${address}`);
    await listening(wire, children);
    const host = await ourEnd(wire, children, { does: 'receive', ...transfer });
    return { ...(await host.finish()), sent };
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    wire.close();
  }
}

/** Let our stack do its part; timed from where it is on the wire to where `finish` is called and all is told. */
async function ourEnd(
  wire: Wire,
  children: ChildProcess[],
  { does, octets, family, loss, settings, capture }: Pick<HostTask, 'does'> & LossyTransfer,
): Promise<{ finish(): Promise<LossyOutcome> }> {
  const task: HostTask = {
    does,
    port: PORT,
    octets,
    ipv6: family === 'ipv6',
    settings: { sack: true, timestamps: true, ...settings },
    ...(loss > 0 ? { impairment: { loss } } : {}),
    ...(capture === undefined ? {} : { capture }),
  };
  const args = ['--conditions=source', HOST, JSON.stringify(task)];
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  const child = wire.hosts[0].namespace.spawn(process.execPath, args, { stdio: [...stdio] });
  children.push(child);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  await lines.next();
  const began = performance.now();
  return {
    async finish() {
      for (;;) {
        const { value } = await lines.next();
        if (value === undefined) throw new Error('our end has gone without a word');
        const told = JSON.parse(value);
        if (told.done !== true) continue;
        const seconds = (performance.now() - began) / 1000;
        stdin.end();
        await once(child, 'exit');
        return { seconds, sent: told.sha256, received: told.sha256 };
      }
    },
  };
}

/** Wait until somebody listens at the kernel's end. */
async function listening(wire: Wire, children: ChildProcess[]): Promise<void> {
  const wanted = new RegExp(`:${PORT.toString(16).toUpperCase()} \\S+ 0A`);
  for (let turn = 0; turn < 500; turn++) {
    const child = wire.hosts[1].namespace.spawn('cat', ['/proc/net/tcp', '/proc/net/tcp6'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    if (child.stdout !== null && wanted.test(await text(child.stdout))) return;
    await sleep(10);
  }
  throw new Error(`nobody listens on port ${PORT}`);
}

async function firstWord({ stdout }: ChildProcess): Promise<string> {
  return stdout === null ? '' : (await text(stdout)).split(' ')[0];
}
