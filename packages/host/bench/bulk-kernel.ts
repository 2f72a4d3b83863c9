/**
 * The kernel's end of the bulk benchmarks: `bulk-kernel.ts sink|source|client PORT OCTETS`; a client sends to 10.77.0.2. It costs as little as it can, so that
 * what is measured is our end: what comes is thrown away unread, what goes is the same memory again and again.
 */
import { KernelSocket, MSG, POLL, SHUT } from '../src/kernel-sockets/index.ts';
import type { Outcome } from '../src/kernel-sockets/index.ts';

const [, , role, port, octets] = process.argv;
const socket = role === 'client' ? await connected() : await accepted();
const started = performance.now();
const memory = new Uint8Array(1 << 20).fill(0x78);

if (role === 'sink') {
  for (let received = -1; received !== 0;) {
    const { value, errno } = socket.receive(memory, MSG.TRUNC);
    if (errno === 'EAGAIN') await socket.ready(POLL.IN);
    else if (errno !== undefined) throw new Error(errno);
    received = value ?? -1;
  }
} else {
  for (let left = Number(octets); left > 0;) {
    const { value, errno } = socket.send(left < memory.length ? memory.subarray(0, left) : memory);
    if (errno === 'EAGAIN') await socket.ready(POLL.OUT);
    else if (errno !== undefined) throw new Error(errno);
    left -= value ?? 0;
  }
  socket.shutdown(SHUT.WR);
  await socket.ready(POLL.IN);
  if (role === 'client') console.log((Number(octets) * 8) / (performance.now() - started) / 1e6);
}
socket.close();

async function accepted(): Promise<KernelSocket> {
  const listener = must(KernelSocket.tcp());
  must(listener.bind({ family: 'ipv4', address: '0.0.0.0', port: Number(port) }));
  must(listener.listen(1));
  console.log('listening');
  await listener.ready(POLL.IN);
  return must(listener.accept()).socket;
}

async function connected(): Promise<KernelSocket> {
  const client = must(KernelSocket.tcp());
  client.connect({ family: 'ipv4', address: '10.77.0.2', port: Number(port) });
  await client.ready(POLL.OUT);
  return client;
}

function must<T>({ value, errno }: Outcome<T>): T {
  if (errno !== undefined) throw new Error(errno);
  return value;
}
