/** An agent for tests: `tcblab agent` without the command round it. */
import { runAgentProcess } from '../src/index.ts';

process.exit(await runAgentProcess({ software: 'tcblab test' }));
