/**
 * The kernel's TCP at both ends of a veth pair, offloads off, MTU 1500: what ours is held against. Prints Gbit/s of real
 * time: `node --conditions=source kernel-bulk.ts [OCTETS]`.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { createWire } from '../src/namespace/index.ts';

const octets = process.argv[2] ?? `${1 << 28}`;
const wire = await createWire({
  ends: [{ addresses: ['10.77.0.1/24'] }, { addresses: ['10.77.0.2/24'] }],
});
const run = (index: 0 | 1, ...args: string[]) => {
  const program = ['--conditions=source', join(import.meta.dirname, 'bulk-kernel.ts'), ...args];
  const child: ChildProcess = wire.hosts[index].namespace.spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new TypeError('the child has no stdout');
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
};
try {
  await run(1, 'sink', '5001', octets).next();
  const { value } = await run(0, 'client', '5001', octets).next();
  console.log(value);
} finally {
  wire.close();
}
