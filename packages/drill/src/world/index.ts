export { runWorld } from './world.ts';
export type { WorldEnd, WorldOptions } from './world.ts';
