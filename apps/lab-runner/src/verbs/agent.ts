import type { Surroundings } from '../program.ts';

export async function agent(around: Surroundings): Promise<number> {
  void around;
  return 0;
}
