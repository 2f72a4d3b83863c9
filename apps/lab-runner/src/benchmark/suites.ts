/** All measurements, in the order in which they are taken. */
import { atLeast, atMost, type Measure, type Suite } from './suite.ts';

/** The driver's own form. */
interface DriverFigure {
  readonly name: string;
  readonly ratio: number;
  readonly bar: number;
  readonly atMost?: boolean;
  readonly pass: boolean;
  readonly details: string;
}

interface CodecFigure {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  readonly bar: number;
}

interface BulkFigures {
  readonly rows: readonly {
    readonly direction: 'send' | 'receive';
    readonly captured: boolean;
    readonly gigabits: number;
    readonly cpuSeconds: number;
  }[];
  readonly captureRatio: { readonly send: number; readonly receive: number };
}

interface StacksFigures {
  readonly gigabits: number;
  readonly kernelGigabits: number;
  readonly framesPerSecond: number;
  readonly connectionsPerSecond: number;
  readonly kernelConnectionsPerSecond: number;
  readonly octetsPerConnection: number;
}

interface FloodFigures {
  readonly cookies: boolean;
  readonly frames: number;
  readonly curl: number;
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  readonly refused: number;
  readonly cookiesSent: number;
}

const MIB = 1 << 20;

export const SUITES: readonly Suite[] = [
  {
    name: 'codec',
    about: 'frames read and written, checksums included, beside the same in C',
    module: 'packages/tcp/bench/codec.ts',
    call: 'benchmarkCodec',
    limit: 120,
    measures: (figures: readonly CodecFigure[]) =>
      figures.map(({ name, ours, theirs, ratio, bar }) => ({
        ...atMost(name, ratio, bar, '×'),
        details: `${ours.toFixed(1)} ns, C ${theirs.toFixed(1)} ns`,
      })),
  },
  {
    name: 'stacks',
    about: "two of our hosts joined in memory: bulk, open and close beside the kernel's loopback, memory",
    module: 'packages/tcp/bench/stacks.ts',
    call: 'benchmarkStacks',
    limit: 300,
    measures: (figures: StacksFigures) => [
      {
        ...atLeast('bulk, Ethernet to Ethernet', figures.gigabits, 5, ' Gbit/s'),
        details: `${(figures.framesPerSecond / 1e6).toFixed(2)} M frames/s`,
      },
      {
        ...atLeast(
          "against the kernel's TCP over a veth pair",
          figures.gigabits / figures.kernelGigabits,
          0.8,
          '×',
        ),
        details: `kernel ${figures.kernelGigabits.toFixed(1)} Gbit/s`,
      },
      atLeast('connections opened and closed', figures.connectionsPerSecond / 1000, 300, ' k/s'),
      {
        ...atLeast(
          "against C over the kernel's loopback",
          figures.connectionsPerSecond / figures.kernelConnectionsPerSecond,
          10,
          '×',
        ),
        details: `C ${(figures.kernelConnectionsPerSecond / 1000).toFixed(1)} k/s`,
      },
      atMost('memory of an idle connection', figures.octetsPerConnection, 2048, ' octets'),
    ],
  },
  {
    name: 'virtual',
    about: 'all scripts of the project, and a bulk transfer, in virtual time',
    module: 'packages/drill/bench/scripts.ts',
    call: 'benchmarkVirtual',
    limit: 120,
    measures: (figures: { scripts: number; medianScript: number; segmentsPerSecond: number }) => [
      { ...atMost('median script', figures.medianScript, 1, ' ms'), details: `of ${figures.scripts}` },
      atLeast('data segments simulated', figures.segmentsPerSecond / 1e6, 0.5, ' M/s'),
    ],
  },
  {
    name: 'driver',
    about: 'frames through the packet socket, beside the same loops in C',
    module: 'packages/raw-socket/src/benchmark/index.ts',
    call: 'benchmarkDriver',
    limit: 180,
    measures: (figures: readonly DriverFigure[]) =>
      figures.map(({ name, ratio, bar, atMost = false, pass, details }): Measure => ({
        what: name.replace(/^driver: /, ''),
        figure: `${ratio.toFixed(2)}×`,
        bar: `${atMost ? '≤' : '≥'} ${bar}×`,
        met: pass,
        details,
      })),
  },
  {
    name: 'bulk',
    about: "a quarter of a GiB between our TCP and the kernel's, each way, captures off and on",
    module: 'packages/host/bench/bulk.ts',
    call: 'measureBulk',
    limit: 300,
    measures: ({ rows, captureRatio }: BulkFigures) => [
      ...rows
        .filter(({ captured }) => !captured)
        .map(({ direction, gigabits, cpuSeconds }) => ({
          ...atLeast(
            `${direction} to the kernel`.replace('receive to', 'receive from'),
            gigabits,
            1,
            ' Gbit/s',
          ),
          details: `${cpuSeconds.toFixed(1)} s of processor time`,
        })),
      atLeast('sending, captures on over off', captureRatio.send, 0.8, '×'),
      atLeast('receiving, captures on over off', captureRatio.receive, 0.8, '×'),
    ],
  },
  {
    name: 'flood',
    about:
      'a million SYNs of nobody at 50,000 a second, without SYN cookies and with them, and curl in the middle',
    module: 'packages/host/bench/flood.ts',
    call: 'measureFlood',
    limit: 180,
    measures: (figures: readonly FloodFigures[]) =>
      figures.flatMap(({ cookies, curl, refused, cookiesSent, memoryBefore, memoryAfter }): Measure[] => [
        {
          what: cookies ? 'curl, with cookies' : 'curl, without cookies',
          figure: curl === 0 ? 'has its page' : `gave up (${curl})`,
          bar: cookies ? 'has its page' : 'gives up (28)',
          met: curl === (cookies ? 0 : 28),
          details: cookies ? `${cookiesSent} cookies sent` : `${refused} SYNs refused`,
        },
        atMost(
          `memory that the flood costs, ${cookies ? 'with' : 'without'} cookies`,
          (memoryAfter - memoryBefore) / MIB,
          4,
          ' MiB',
        ),
      ]),
  },
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
