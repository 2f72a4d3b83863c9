// One host of a test: does what it is told on its stdin, inside the network namespace that it was started in.
// A request is a line of JSON, [id, command, ...arguments]; so is its answer, { id, result } or { id, error }.
// Ends with its stdin, so that nothing outlives the test, however that ends.
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import {
  interfaceFacts,
  interfaceNames,
  openRawSocket,
  readOffloads,
  setOffloads,
  type Offloads,
  type RawSocket,
  type RawSocketOptions,
} from '../src/index.ts';

/** One received frame, as a test looks at it. */
export interface Heard {
  readonly hex: string;
  readonly wireLength: number;
  readonly micros: number;
  readonly nanos: number;
  readonly flags: number;
  readonly vlan: number;
  /** Of the octet behind 14 of Ethernet, in memory, modulo 4. */
  readonly alignment: number;
}

const sockets: RawSocket[] = [];

export const commands = {
  hello: () => process.pid,

  /** Run a program here. @returns what it printed */
  run: (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }),

  /** @returns the number that the other commands know the socket by */
  open: (options: RawSocketOptions) => sockets.push(openRawSocket(options)) - 1,

  describe(socket: number) {
    const { interface: facts, receiveBufferBytes, closed } = sockets[socket];
    return { facts, receiveBufferBytes, closed };
  },

  close(socket: number) {
    sockets[socket].close();
  },

  send: (socket: number, hex: string) => sockets[socket].send(Buffer.from(hex, 'hex')),

  /** Send `count` frames of one length out of one slab, waiting whenever the interface is busy. */
  async flood(socket: number, count: number, length: number) {
    const slab = new Uint8Array(length).fill(0xff, 0, 6);
    slab.set([0x88, 0xb5], 12);
    const offsets = new Uint32Array(count);
    const lengths = new Uint32Array(count).fill(length);
    let pauses = 0;
    let sent = sockets[socket].sendBatch(slab, offsets, lengths);
    while (sent < count) {
      pauses++;
      await new Promise<void>((resolve) => sockets[socket].onWritable(resolve));
      sent += sockets[socket].sendBatch(slab, offsets, lengths, sent);
    }
    return { sent, pauses };
  },

  /** Send frames cut out of one slab, at these places. */
  sendBatch: (socket: number, slabBytes: number, offsets: number[], lengths: number[]) =>
    sockets[socket].sendBatch(new Uint8Array(slabBytes), new Uint32Array(offsets), new Uint32Array(lengths)),

  /** Wait for `count` test frames, but not for ever. @returns those that came */
  async hear(socket: number, count: number, patienceMs = 10_000) {
    const heard: Heard[] = [];
    await watch(sockets[socket], patienceMs, () => {
      for (let batch = sockets[socket].receive(); batch.count > 0; batch = sockets[socket].receive()) {
        for (let i = 0; i < batch.count; i++) {
          const frame = batch.frame(i);
          heard.push({
            hex: Buffer.from(frame).toString('hex'),
            wireLength: batch.wireLengths[i],
            micros: batch.micros[i],
            nanos: batch.nanos[i],
            flags: batch.flags[i],
            vlan: batch.vlans[i],
            alignment: (frame.byteOffset + 14) % 4,
          });
        }
      }
      return heard.length >= count;
    });
    return heard;
  },

  /** Listen on through an error until a frame comes after it. @returns both; null for what did not come */
  async throughTrouble(socket: number, patienceMs = 10_000) {
    let trouble: unknown = null;
    let after: string | null = null;
    await watch(sockets[socket], patienceMs, () => {
      try {
        for (let batch = sockets[socket].receive(); batch.count > 0; batch = sockets[socket].receive()) {
          if (trouble !== null) after = Buffer.from(batch.frame(0)).toString('hex');
        }
      } catch (error) {
        trouble = described(error);
      }
      return after !== null;
    });
    return { trouble, after };
  },

  /** Wait for an error of the socket. @returns it, or null when there was none */
  async trouble(socket: number, patienceMs = 10_000) {
    let trouble: unknown = null;
    await watch(sockets[socket], patienceMs, () => {
      try {
        while (sockets[socket].receive().count > 0);
      } catch (error) {
        trouble = described(error);
      }
      return trouble !== null;
    });
    return trouble;
  },

  statistics: (socket: number) => sockets[socket].statistics(),
  interfaceFacts: (name: string) => interfaceFacts(name),
  interfaceNames: () => interfaceNames(),
  readOffloads: (name: string) => readOffloads(name),
  setOffloads: (name: string, wanted: Partial<Offloads>) => setOffloads(name, wanted),

  /** Let the kernel send a UDP datagram. */
  datagram: (address: string, octets: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.send(new Uint8Array(octets), 5000, address, (error) => {
        socket.close();
        if (error === null) resolve();
        else reject(error);
      });
    }),

  /**
   * Run a program text in a Node of its own, which can import from '#raw-socket'; with `inherit`, that socket is its
   * descriptor 3. In a user namespace of its own it has no right over this network.
   */
  program(text: string, options: { inherit?: number; withoutRights?: boolean; flags?: string[] } = {}) {
    const source = text.replaceAll('#raw-socket', new URL('../src/index.ts', import.meta.url).href);
    const node = [process.execPath, ...(options.flags ?? []), '--input-type=module-typescript', '-e', source];
    const command = options.withoutRights === true ? ['unshare', '-U', ...node] : node;
    const inherited = options.inherit === undefined ? [] : [sockets[options.inherit].fd];
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe', ...inherited] });
    return new Promise<{ status: number | null; output: string }>((resolve) => {
      let output = '';
      const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.stdout?.on('data', (chunk) => (output += chunk));
      child.stderr?.on('data', (chunk) => (output += chunk));
      child.on('close', (status) => {
        clearTimeout(limit);
        resolve({ status, output });
      });
    });
  },

  /** How many packet sockets of this namespace the kernel knows. */
  packetSockets: () => packetSockets(),

  /** Watch a socket in a worker, end the worker in the middle of it. @returns packet sockets before and after */
  async worker(name: string) {
    const before = packetSockets();
    const source = `import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}).then((library) => {
      for (const driver of ['recvmmsg', 'ring']) {
        const socket = library.openRawSocket({ interface: ${JSON.stringify(name)}, driver });
        socket.onReadable(() => socket.receive());
      }
      require('node:worker_threads').parentPort.postMessage('watching');
    })`;
    const worker = new Worker(source, { eval: true });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const during = packetSockets();
    await worker.terminate();
    return { before, during, after: packetSockets() };
  },
};

function packetSockets(): number {
  return readFileSync('/proc/self/net/packet', 'utf8').trimEnd().split('\n').length - 1;
}

/** Call `done` whenever the socket is readable until it returns true or patience ends. */
async function watch(socket: RawSocket, patienceMs: number, done: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(resolve, patienceMs);
    socket.onReadable(() => {
      try {
        if (!done()) return;
      } catch (error) {
        reject(error);
      }
      clearTimeout(limit);
      resolve();
    });
  }).finally(() => socket.onReadable(null));
}

function described(error: unknown): Record<string, unknown> {
  const { name, message, code, errno, sent } = error as Error & Record<string, unknown>;
  return { name, message, code, errno, sent };
}

if (process.argv[1] === import.meta.filename) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [id, command, ...args] = JSON.parse(line);
    // Not awaited here: the next request may be what this one waits for.
    void (async () => (commands as Record<string, (...args: unknown[]) => unknown>)[command](...args))().then(
      (result) => process.stdout.write(`${JSON.stringify({ id, result })}\n`),
      (error: unknown) => process.stdout.write(`${JSON.stringify({ id, error: described(error) })}\n`),
    );
  }
  process.exit(0);
}
