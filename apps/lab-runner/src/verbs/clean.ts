import type { Surroundings } from '../program.ts';

export async function clean(around: Surroundings, options: object): Promise<number> {
  void around;
  void options;
  return 0;
}
