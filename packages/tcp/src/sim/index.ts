export { checkImpairment, createImpairment, isImpairable } from './impairment.ts';
export type { Fate, FrameRule, Impairment, ImpairmentSpec } from './impairment.ts';
export { createNetwork } from './network.ts';
export type {
  Application,
  FrameEndpoint,
  FrameTap,
  HostOptions,
  LinkSpec,
  Network,
  NetworkOptions,
  RunEnd,
  RunOptions,
  WireEvent,
} from './network.ts';
export { createRandom, fraction } from './random.ts';
export type { Random } from './random.ts';
