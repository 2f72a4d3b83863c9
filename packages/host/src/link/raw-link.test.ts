import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { needs } from '@tcblab/test-needs';
import { CHECKSUM_NOT_READY, readCapture } from '@tcblab/capture';
import { expect } from 'vitest';
import { createWire } from '../namespace/index.ts';

needs('netns', 'curl', 'ethtool').test(
  'a peer that leaves its checksums to hardware is understood, and its frames are marked',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcblab-link-'));
    const wire = await createWire({ ends: [{}, { addresses: ['10.77.0.2/24'] }] });
    try {
      const [ours, theirs] = wire.hosts;
      const run = (command: string, ...args: string[]) => {
        const child = theirs.namespace.spawn(command, args, { stdio: 'ignore' });
        return once(child, 'exit');
      };
      expect(await run('ethtool', '-K', 'eth0', 'tx', 'on')).toEqual([0, null]);
      const capture = join(folder, 'host-a.pcapng');
      const task = { does: 'http-server', port: 80, octets: 100_000, capture };
      const script = join(import.meta.dirname, '../../testing/host.ts');
      const args = ['--conditions=source', script, JSON.stringify(task)];
      const host = ours.namespace.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      if (host.stdout === null) throw new Error('no pipe');
      await once(createInterface({ input: host.stdout }), 'line');
      expect(await run('curl', '--fail', '--max-time', '10', 'http://10.77.0.1/')).toEqual([0, null]);
      host.stdin?.end();
      await once(host, 'exit');
      const { packets } = readCapture(readFileSync(capture));
      expect(packets.some(({ flags }) => (flags & CHECKSUM_NOT_READY) !== 0)).toBe(true);
    } finally {
      wire.close();
      rmSync(folder, { recursive: true });
    }
  },
);
