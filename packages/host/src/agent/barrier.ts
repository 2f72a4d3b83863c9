/** Points of a run that no host passes before all have come. */
import { AgentError } from './agent-error.ts';
import type { AgentClient, Limits } from './agent-client.ts';
import type { AgentCalls } from './protocol.ts';

/** The barriers of a run in their order, and the request that an agent answers when it has come there. */
const BARRIERS = { ready: 'prepare', armed: 'arm', start: 'start', done: 'done' } as const;

export type Barrier = keyof typeof BARRIERS;

/**
 * Wait until every agent has come to a barrier.
 *
 * @param args for each agent what its request carries
 * @returns for each agent its answer
 * @throws AgentError as soon as one cannot come; its message names the barrier and who is missing
 */
export async function reachBarrier<Name extends Barrier>(
  name: Name,
  agents: readonly AgentClient[],
  args: readonly AgentCalls[(typeof BARRIERS)[Name]]['args'][],
  limits: Limits,
): Promise<AgentCalls[(typeof BARRIERS)[Name]]['reply'][]> {
  const here = new Set<AgentClient>();
  const calls = agents.map(async (agent, index) => {
    const reply = await agent.call(BARRIERS[name], args[index], limits);
    here.add(agent);
    return reply;
  });
  try {
    return await Promise.all(calls);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    // The others may still come, or fail too; nobody asks any more.
    for (const call of calls) call.catch(() => {});
    const missing = agents.filter((agent) => !here.has(agent)).map((agent) => agent.name);
    const message = `the barrier '${name}' was not reached by ${missing.join(' and ')}: ${error.message}`;
    throw new AgentError(error.code, error.agent, message, error.remedy);
  }
}
