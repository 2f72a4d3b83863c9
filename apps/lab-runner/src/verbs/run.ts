/** `run`: one scenario between two hosts. */
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { execute } from '../run/execute.ts';
import { parseRunRequest, type RunOptions } from '../run/request.ts';
import { scenarioTable } from '../run/scenario-library.ts';

export async function run(
  around: Surroundings,
  scenario: string | undefined,
  options: RunOptions,
): Promise<number> {
  if (scenario === undefined) {
    throw wrongUse(
      `run needs a scenario, or the path of a .yaml file of yours. There is:\n${scenarioTable()}`,
      'See ./tcblab run --help',
    );
  }
  return execute(around, parseRunRequest(scenario, options));
}
