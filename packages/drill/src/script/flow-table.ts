/** Which connection a packet of a script belongs to. */
import { Flow } from './flow.ts';
import type { Ports } from './syntax.ts';

/** Injected connections come from these ports unless the script names others. */
const FIRST_PORT = 40_001;

export class FlowTable {
  readonly #flows: Flow[] = [];
  readonly #isn: (index: number) => number;
  /** Of packets for which the script writes no ports. */
  #current: Flow | null = null;
  /** The one that a packet was injected into, or a call opened, last. */
  #recent: Flow | null = null;
  /** The script's name for the port that it bound without saying which. */
  #localName: number | null = null;
  /** Where the stack listens. */
  boundPort: number;
  /** Ports that the script bound by number. */
  readonly namedPorts = new Set<number>();

  /** @param isn the initial sequence number of our side, for each connection in turn */
  constructor(boundPort: number, isn: (index: number) => number) {
    this.boundPort = boundPort;
    this.#isn = isn;
  }

  /** The connection that an injected packet goes to; a new one when it is the first of its ports. */
  injected(ports: Ports | null, opens: boolean): Flow {
    if (ports === null) {
      if (this.#current === null || (opens && this.#current.closed)) {
        this.#current = this.#add(null, FIRST_PORT + this.#flows.length, this.boundPort);
      }
      this.#recent = this.#current;
      return this.#current;
    }
    const known = this.#flows.find(
      ({ script }) => script?.source === ports.source && script.destination === ports.destination,
    );
    const flow = known ?? this.#add(ports, ports.source, this.#localPort(ports.destination));
    this.#recent = flow;
    return flow;
  }

  /** The connection that an expected packet belongs to; null = there is none yet. */
  expected(ports: Ports | null): Flow | null {
    if (ports === null) return this.#recent;
    const known = this.#flows.find(
      ({ script }) => script?.source === ports.destination && script.destination === ports.source,
    );
    // A connection that the stack opens gets its ports' names from its first packet.
    return (
      known ?? this.#flows.findLast(({ script, localPort }) => script === null && localPort === null) ?? null
    );
  }

  /** A connection that the script's application opens. */
  opened(remotePort: number, localPort: number | null): Flow {
    this.#current = this.#add(null, remotePort, localPort);
    this.#recent = this.#current;
    return this.#current;
  }

  /** The connection whose peer has this port, such as accept() tells. */
  withRemotePort(port: number): Flow | null {
    return this.#flows.findLast(({ remotePort }) => remotePort === port) ?? null;
  }

  /** The connection of a packet from the stack. */
  of(ports: Ports): Flow | null {
    return this.#flows.findLast((flow) => flow.owns(ports)) ?? null;
  }

  #add(script: Ports | null, remotePort: number, localPort: number | null): Flow {
    const remoteIsn = this.#isn(this.#flows.length);
    const flow = new Flow({ script, remotePort, localPort, remoteIsn });
    this.#flows.push(flow);
    return flow;
  }

  /** The first port that a script names stands for the one that it bound without saying which. */
  #localPort(name: number): number {
    if (this.namedPorts.has(name)) return name;
    if (this.namedPorts.size === 0) this.#localName ??= name;
    return name === this.#localName ? this.boundPort : name;
  }
}
