/** `agent`: one host's work, for the runner at the other end of standard input and output. */
import { runAgentProcess } from '@tcblab/host';
import { SOFTWARE } from '../version.ts';

export async function agent(): Promise<number> {
  return runAgentProcess({ software: SOFTWARE });
}
