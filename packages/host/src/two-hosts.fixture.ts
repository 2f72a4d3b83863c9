/** Two hosts of ours and a memory wire between them, for tests. */
import { createRandom } from '@tcblab/tcp/sim';
import { createStack } from '@tcblab/tcp';
import type { Settings } from '@tcblab/tcp';
import { systemClock, type Clock } from './clock.ts';
import { Host, type HostOptions } from './drive/host.ts';
import { createMemoryLink } from './link/memory-link.ts';
import { Tap, type TapOptions } from './tap/tap.ts';

export interface TwoHostsOptions {
  readonly clock?: Clock;
  readonly settings?: Partial<Settings>;
  readonly impairment?: HostOptions['impairment'];
  readonly onCrash?: HostOptions['onCrash'];
  readonly tapA?: Partial<TapOptions>;
  readonly tapB?: Partial<TapOptions>;
}

/** Host a is 10.77.0.1 and has the impairment; host b is 10.77.0.2. */
export function twoHosts(options: TwoHostsOptions = {}) {
  const { clock = systemClock, settings = {} } = options;
  const links = createMemoryLink({ clock });
  const make = (number: 1 | 2, tapOptions: Partial<TapOptions> | undefined): Host => {
    const stack = createStack({
      mac: `02:74:63:62:00:0${number}`,
      address: `10.77.0.${number}`,
      prefixLength: 24,
      settings,
      random: createRandom(7, number),
      isnSecret: new Uint8Array(16).fill(number),
      trace: tapOptions !== undefined,
    });
    const name = `host-${'ab'[number - 1]}:memory`;
    const tap = tapOptions === undefined ? undefined : new Tap({ clock, host: number, name, ...tapOptions });
    return new Host({
      clock,
      link: links[number - 1],
      stack,
      ...(tap === undefined ? {} : { tap }),
      ...(options.onCrash === undefined ? {} : { onCrash: options.onCrash }),
      ...(number === 1 && options.impairment !== undefined ? { impairment: options.impairment } : {}),
    });
  };
  const a = make(1, options.tapA);
  const b = make(2, options.tapB);
  return { a, b, close: () => Promise.all([a.close(), b.close()]) };
}
