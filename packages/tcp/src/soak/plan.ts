/** What happens in a random world: drawn from a seed, so that a number repeats it. */
import type { Settings } from '../tcb/settings.ts';
import { type ImpairmentSpec, createRandom, fraction, type Random } from '../sim/index.ts';
import type { RoutePlan } from './router.ts';

/** What one end does. Times in µs, sizes in octets. */
export interface EndPlan {
  readonly iss: number;
  /** The segment size that the peer is told. */
  readonly mss: number;
  readonly settings: Partial<Settings>;
  readonly impairment: ImpairmentSpec;
  /** What routers make of the frames that this end sends; a clean road unless told. */
  readonly route?: RoutePlan;
  /** How long frames gather before they are taken all at once, as from a ring; 0 = each is taken as it comes. */
  readonly gather: number;
  /** Octets to send, and how many a call. */
  readonly total: number;
  readonly chunk: number;
  /** Octets a read, and the pause after it; without a pause it reads when an event says so. */
  readonly read: number;
  readonly pause: number;
  /** `close` after the last octet; `wait` for the peer’s FIN before; `abort` or `release` at `at`, whatever is left. */
  readonly end: 'close' | 'wait' | 'abort' | 'release';
  readonly at: number;
}

export interface WorldPlan {
  readonly seed: number;
  /** Both ends speak IPv6; their routers then let everything pass. */
  readonly ipv6?: boolean;
  /** Both ends open at once. */
  readonly crossing: boolean;
  readonly ends: readonly [EndPlan, EndPlan];
}

/** The plan of a world. Every number is as good as any other. */
export function planOf(seed: number): WorldPlan {
  const draw = new Draw(createRandom(seed, STREAM));
  const orderly = draw.chance(0.6);
  const ways: readonly EndPlan['end'][] = orderly ? ['close', 'wait'] : ['close', 'wait', 'abort', 'release'];
  // Two ends that both wait for the other's FIN would wait for ever.
  const first = orderly ? 'close' : draw.one<EndPlan['end']>(['abort', 'release']);
  const bulk = draw.chance(0.15);
  return {
    seed: draw.upTo(1_000_000),
    crossing: draw.chance(0.2),
    ends: [drawEnd(draw, first, bulk), drawEnd(draw, draw.one(ways), bulk)],
  };
}

/** Of the run's purposes, this. */
const STREAM = 0x506c;

class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** 0 to `most`. */
  upTo(most: number): number {
    return this.#random() % (most + 1);
  }

  between(least: number, most: number): number {
    return least + this.upTo(most - least);
  }

  chance(share: number): boolean {
    return fraction(this.#random) < share;
  }

  one<T>(of: readonly T[]): T {
    return of[this.upTo(of.length - 1)];
  }

  /** Small as often as not. */
  size(most: number): number {
    return this.chance(0.3) ? this.between(1, 20) : this.between(1, most);
  }

  /** Often 0. */
  share(most: number): number {
    return this.chance(0.5) ? 0 : fraction(this.#random) * most;
  }
}

function drawEnd(draw: Draw, end: EndPlan['end'], bulk: boolean): EndPlan {
  const settings = drawSettings(draw, bulk);
  const route = drawRoute(draw, settings);
  const corrupt = draw.share(0.1);
  // One flipped bit is what the checksum always finds. Where routers cut packets, two pieces of one may bring two flips
  // that cancel each other.
  const cuts = route.mtu < (settings.minPathMtu ?? 0);
  return {
    // Rings end at 2^32: start close before it, at it, and anywhere.
    iss: draw.chance(0.5) ? draw.between(-3000, 3000) >>> 0 : draw.upTo(0xffff_ffff),
    mss: draw.chance(0.6) ? 1460 : draw.between(48, 1460),
    settings,
    impairment: {
      loss: draw.share(0.2),
      duplicate: draw.share(0.2),
      reorder: draw.share(0.3),
      corrupt: cuts ? 0 : corrupt,
      delay: draw.upTo(50_000),
      jitter: draw.upTo(5_000),
    },
    route,
    gather: draw.chance(0.5) ? 0 : draw.between(1, 20_000),
    total: draw.chance(0.3) ? draw.upTo(10) : draw.upTo(bulk ? 200_000 : 8_000),
    chunk: bulk ? draw.between(1_000, 50_000) : draw.size(4_000),
    read: bulk ? draw.between(1_000, 50_000) : draw.size(4_000),
    pause: draw.chance(0.5) ? 0 : draw.between(1, 100_000),
    end,
    at: draw.upTo(3_000_000),
  };
}

/** A narrow road ends in silence only where the sender finds that out by itself, in steps of the plateaus. */
function drawRoute(draw: Draw, { blackHoleTimeouts = 0 }: Partial<Settings>): RoutePlan {
  const narrow = draw.chance(0.4);
  const tells = blackHoleTimeouts === 0 || draw.chance(0.5);
  const mtu = draw.between(tells ? 128 : 1006, 1500);
  return {
    mtu: narrow ? mtu : 1500,
    tells,
    errors: draw.share(0.1),
    lies: draw.share(0.05),
    shrinks: draw.share(0.1),
  };
}

/** Worlds last as long as they must: no limit gives a connection up. */
const NEVER = 10_000_000_000;

function drawSettings(draw: Draw, bulk: boolean): Partial<Settings> {
  return {
    sendBuffer: bulk ? draw.between(5_000, 200_000) : draw.size(5_000),
    receiveBuffer: bulk || draw.chance(0.2) ? draw.between(65_000, 300_000) : draw.size(3_000),
    nagle: draw.chance(0.5),
    delayedAck: draw.between(1, 400_000),
    initialRto: 1_000_000,
    minRto: draw.one([50_000, 200_000, 1_000_000]),
    maxRto: 2_000_000,
    msl: 5_000_000,
    retransmissionLimit: NEVER,
    synLimit: NEVER,
    synReceivedLimit: NEVER,
    minPathMtu: draw.one([68, 552]),
    blackHoleTimeouts: draw.one([0, 1, 3]),
    keepSynText: draw.chance(0.5),
    keepAlive: draw.chance(0.2),
    keepAliveIdle: draw.between(100_000, 5_000_000),
    keepAliveInterval: draw.between(100_000, 1_000_000),
    // The peer is always there, but the wire may lose many probes in a row.
    keepAliveProbes: 1000,
    timestamps: draw.chance(0.5),
    sack: draw.chance(0.6),
    rack: draw.chance(0.5),
    cubic: draw.chance(0.5),
  };
}
