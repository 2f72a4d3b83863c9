/** Prints what the probe says, for tests that run it with fewer rights. */
import { probeNamespaces } from '../src/namespace/probe.ts';

console.log(JSON.stringify(await probeNamespaces()));
