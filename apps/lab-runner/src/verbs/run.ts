import type { Surroundings } from '../program.ts';
import { parseRunRequest, type RunOptions } from '../run/request.ts';

export async function run(around: Surroundings, scenario: string, options: RunOptions): Promise<number> {
  void around;
  parseRunRequest(scenario, options);
  return 0;
}
