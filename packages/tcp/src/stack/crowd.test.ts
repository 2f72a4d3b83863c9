/** Many clients, a narrow listener that accepts slowly, and a bad wire: each is served in the end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Watch } from '../soak/invariants.ts';
import { type Application, createNetwork, createRandom } from '../sim/index.ts';
import type { Connection } from './connection.ts';
import { type Stack, createStack } from './stack.ts';

const SETTINGS = {
  minRto: 200_000,
  maxRto: 2_000_000,
  msl: 1_000_000,
  synLimit: 1e10,
  synReceivedLimit: 1e10,
  synAckRetries: 1e6,
  retransmissionLimit: 1e10,
};

function host(n: number): Stack {
  return createStack({
    mac: `02:00:00:00:00:0${n}`,
    address: `10.0.0.${n}`,
    prefixLength: 24,
    random: createRandom(n),
    isnSecret: new Uint8Array(16).fill(n),
    settings: SETTINGS,
  });
}

/** Sends back what it is sent, on all connections; takes a new one after each pause. */
class EchoServer implements Application {
  readonly stack = host(2);
  readonly held: Connection[] = [];
  readonly #pause: number;
  readonly #listener;
  #next = 0;

  constructor(backlog: number, pause: number) {
    this.#pause = pause;
    this.#listener = this.stack.listen(0, { port: 80, backlog });
  }

  step(now: number): number {
    this.stack.takeEvents();
    if (now >= this.#next && this.#listener.pending > 0) {
      const connection = this.#listener.accept();
      if (connection !== null) this.held.push(connection);
      this.#next = now + this.#pause;
    }
    for (const connection of this.held) echo(now, connection);
    return this.#listener.pending > 0 ? Math.max(this.#next, now + 1) : Infinity;
  }
}

const buffer = new Uint8Array(4096);

function echo(now: number, connection: Connection): void {
  for (let length; (length = connection.receive(now, buffer)) > 0;) connection.send(now, buffer, 0, length);
  if (connection.ended && connection.state === 'CLOSE-WAIT' && !connection.released) connection.release(now);
}

const plan = fc.record({
  seed: fc.nat(),
  clients: fc.integer({ min: 1, max: 16 }),
  backlog: fc.integer({ min: 0, max: 3 }),
  pause: fc.integer({ min: 0, max: 3_000_000 }),
  size: fc.integer({ min: 0, max: 3000 }),
  loss: fc.double({ min: 0, max: 0.2, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.2, noNaN: true }),
});

test('every client of a crowd gets back what it sent', () => {
  fc.assert(
    fc.property(plan, ({ seed, clients, backlog, pause, size, loss, reorder }) => {
      const network = createNetwork({ seed, latency: 500 });
      const client = host(1);
      const server = new EchoServer(backlog, pause);
      const impairment = { loss, reorder };
      network.add({ stack: client, impairment });
      network.add({ stack: server.stack, application: server, impairment });
      const watched = new Map<Connection, Watch>();
      const connections = Array.from({ length: clients }, () => {
        const connection = client.open(0, { address: '10.0.0.2', port: 80 });
        connection.send(0, new Uint8Array(size).fill(connection.id));
        return { connection, received: 0, closed: false };
      });
      network.touch(1);
      const into = new Uint8Array(4096);
      const end = network.run({
        limit: 1e10,
        steps: 500_000,
        until() {
          for (const each of connections) {
            const { connection } = each;
            const length = connection.receive(network.now, into);
            expect(into.subarray(0, length).every((octet) => octet === connection.id)).toBe(true);
            each.received += length;
            const close = !each.closed && connection.state === 'ESTABLISHED';
            if (close) connection.close(network.now);
            each.closed ||= close;
            if (length > 0 || close) network.touch(1);
          }
          for (const { connection } of connections) watch(connection);
          for (const connection of server.held) watch(connection);
          return false;
        },
      });
      function watch(connection: Connection): void {
        const known = watched.get(connection) ?? new Watch(connection.tcb);
        watched.set(connection, known);
        expect(known.check()).toEqual([]);
      }
      expect(end.ended).toBe('quiet');
      for (const { connection, received } of connections) {
        expect([connection.state, connection.error, received]).toEqual(['CLOSED', null, size]);
      }
      expect(client.connections()).toEqual([]);
      expect(server.stack.connections().map(({ state }) => state)).toEqual(['LISTEN']);
    }),
    { seed: 20_260_903, numRuns: 30 },
  );
});
