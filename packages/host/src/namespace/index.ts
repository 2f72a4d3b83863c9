/**
 * Network namespaces for the `netns` bench: two hosts on one machine and a cable between them.
 *
 * ```ts
 * const wire = await createWire({ ends: [{}, { addresses: ['10.77.0.2/24'] }] });
 * const agent = wire.hosts[0].namespace.spawn(process.execPath, ['agent.js'], { stdio: 'pipe' });
 * …
 * wire.close();
 * ```
 *
 * Nothing has a name on disk, and nothing outlives this process, whatever ends it.
 */
export {
  createWire,
  type Middlebox,
  type Wire,
  type WireEnd,
  type WireHost,
  type WireOptions,
} from './wire.ts';
export { Namespace, NamespaceOwner } from './namespace.ts';
export {
  addAddress,
  layCable,
  readLink,
  readOffloads,
  setUp,
  turnOffloadsOff,
  type CableEnd,
  type Link,
} from './links.ts';
export { addDefaultRoute, addNeighbour, type RouteMetrics } from './routes.ts';
export { explainRefusal, probeNamespaces, type MachineFacts, type NamespaceProbe } from './probe.ts';
export { cleanLeftovers, describeLeftovers, type Leftover } from './leftovers.ts';
