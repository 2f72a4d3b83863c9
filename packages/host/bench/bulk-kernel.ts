/** The kernel's end of the bulk benchmark: `bulk-kernel.ts sink|source PORT OCTETS`, then one line of JSON. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

const [, , role, port, octets] = process.argv;
const server = createServer({ highWaterMark: 1 << 20 }).listen(Number(port), () => console.log('listening'));
const [socket] = (await once(server, 'connection')) as [Socket];
server.close();
if (role === 'sink') {
  let received = 0;
  socket.on('data', (chunk) => (received += chunk.length));
  await once(socket, 'end');
  socket.end();
  console.log(JSON.stringify({ received }));
} else {
  const block = Buffer.alloc(1 << 18, 'x');
  for (let left = Number(octets); left > 0; left -= block.length) {
    if (!socket.write(left < block.length ? block.subarray(0, left) : block)) await once(socket, 'drain');
  }
  socket.end();
  socket.resume();
  await once(socket, 'close');
  console.log(JSON.stringify({ sent: Number(octets) }));
}
