/** `run`: one scenario between two hosts. */
import type { Surroundings } from '../program.ts';
import { execute } from '../run/execute.ts';
import { parseRunRequest, type RunOptions } from '../run/request.ts';

export async function run(around: Surroundings, scenario: string, options: RunOptions): Promise<number> {
  return execute(around, parseRunRequest(scenario, options));
}
