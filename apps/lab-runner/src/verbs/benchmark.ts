import type { Surroundings } from '../program.ts';

export async function benchmark(around: Surroundings, options: object): Promise<number> {
  void around;
  void options;
  return 0;
}
