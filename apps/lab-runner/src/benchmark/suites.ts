/** All measurements, in the order in which they are taken. */
import { atLeast, type Suite } from './suite.ts';

export const SUITES: readonly Suite[] = [
  {
    name: 'pcapng',
    about: 'captures written to a file, beside editcap copying the same packets',
    module: 'packages/capture/bench/pcapng.ts',
    call: 'benchmarkPcapng',
    limit: 120,
    measures: (figures: { packetsPerSecond: number; timesEditcap: number | null }) => [
      atLeast('packets written', figures.packetsPerSecond / 1e6, 1.5, ' M/s'),
      atLeast('against editcap', figures.timesEditcap, 3, '×'),
    ],
  },
];
