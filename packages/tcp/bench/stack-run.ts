// One measurement of two stacks in memory, alone in its process: stack-run.ts bulk|connections|idle, then one line of JSON.
import { Pair } from './pair.ts';

const RUNS: Readonly<Record<string, () => object>> = { bulk, connections, idle };
const wanted = process.argv[2];
console.log(JSON.stringify(RUNS[wanted]()));

/** 1 GiB one way, MSS 1460, checksums made and verified. */
function bulk(): object {
  const pair = new Pair({ delayedAck: 40_000, initialWindow: 14_600 });
  const listener = pair.server.listen(0, { port: 7000 });
  const sender = pair.client.open(0, { address: '10.77.0.2', port: 7000 });
  pair.exchange();
  const receiver = listener.accept();
  if (receiver === null) throw new Error('no connection');
  const piece = new Uint8Array(1 << 16).fill(0x78);
  const into = new Uint8Array(1 << 16);
  const move = (octets: number): void => {
    for (let sent = 0, got = 0; got < octets;) {
      pair.now += 100;
      if (sent < octets) sent += sender.send(pair.now, piece, 0, Math.min(piece.length, octets - sent));
      pair.exchange();
      for (let count = 1; count > 0;) got += count = receiver.receive(pair.now, into);
      pair.tick();
    }
  };
  move(64 << 20);
  const octets = 512 << 20;
  const frames = pair.frames;
  const seconds = cpuSeconds(() => move(octets));
  return { gigabits: (octets * 8) / seconds / 1e9, framesPerSecond: (pair.frames - frames) / seconds };
}

/** Open, accept, close at both ends, one connection after the other; TIME-WAIT is short, so that ports come back. */
function connections(): object {
  const pair = new Pair({ msl: 5_000 });
  const listener = pair.server.listen(0, { port: 7000 });
  const churn = (count: number): void => {
    for (let i = 0; i < count; i++) {
      pair.now += 10;
      const client = pair.client.open(pair.now, { address: '10.77.0.2', port: 7000 });
      pair.exchange();
      const server = listener.accept();
      if (server === null) throw new Error('no connection');
      client.close(pair.now);
      pair.exchange();
      server.close(pair.now);
      pair.exchange();
      pair.client.takeEvents();
      pair.server.takeEvents();
      pair.tick();
    }
  };
  churn(100_000);
  const count = 200_000;
  const seconds = cpuSeconds(() => churn(count));
  return { connectionsPerSecond: count / seconds };
}

/** 100,000 open connections that say nothing, both ends in this process. */
function idle(): object {
  const count = 100_000;
  const pair = new Pair({ somaxconn: 65_535 });
  const listeners = Array.from({ length: 8 }, (_, i) => pair.server.listen(0, { port: 7000 + i }));
  const held = Array.from({ length: 2 * count }, (): unknown => null);
  const before = live();
  for (let i = 0; i < count; i++) {
    pair.now += 100;
    const place = i % listeners.length;
    held[2 * i] = pair.client.open(pair.now, { address: '10.77.0.2', port: 7000 + place });
    pair.exchange();
    held[2 * i + 1] = listeners[place].accept();
  }
  pair.client.takeEvents();
  pair.server.takeEvents();
  const octets = (live() - before) / held.length;
  return {
    connections: held.length,
    octetsPerConnection: octets,
  };
}

function live(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function cpuSeconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
