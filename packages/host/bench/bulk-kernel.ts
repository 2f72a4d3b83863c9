/**
 * The kernel's end of the bulk benchmark: `bulk-kernel.ts sink|source PORT OCTETS`. It costs as little as it can, so that
 * what is measured is our end: what comes is thrown away unread, what goes is the same memory again and again.
 */
import { KernelSocket, MSG, POLL, SHUT } from '../src/kernel-sockets/index.ts';
import type { Outcome } from '../src/kernel-sockets/index.ts';

const [, , role, port, octets] = process.argv;
const listener = must(KernelSocket.tcp());
must(listener.bind({ family: 'ipv4', address: '0.0.0.0', port: Number(port) }));
must(listener.listen(1));
console.log('listening');
await listener.ready(POLL.IN);
const { socket } = must(listener.accept());
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
}
socket.close();

function must<T>({ value, errno }: Outcome<T>): T {
  if (errno !== undefined) throw new Error(errno);
  return value;
}
