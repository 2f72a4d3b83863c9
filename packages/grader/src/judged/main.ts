/**
 * The program that runs behind the walls: our stack with a student's parts in it, spoken to by the child protocol on
 * standard input and output. It decides nothing; whoever started it judges the packets.
 *
 *     main.ts FOLDER FUNCTIONS
 *
 * FOLDER holds the submission, FUNCTIONS says as JSON which of its functions stand in for the reference's.
 */
import { pathToFileURL } from 'node:url';
import { scriptCalls } from '@tcblab/drill/script';
import {
  ChildSession,
  createInProcessSut,
  type Arguments,
  type SocketCall,
  type Value,
} from '@tcblab/drill/sut';
import { answerVector, decodeValue, encodeValue } from '@tcblab/drill/vectors';
import { loadFunctions, type Functions } from '@tcblab/host/submission';
import { adaptParts, type LabParts } from '@tcblab/tcp/lab';
import { confine } from './confine.ts';
import { REFUSED } from './refused.ts';

const [folder, functions] = process.argv.slice(2);
const { stdin, stdout, stderr } = process;
const exit = process.exit.bind(process);

confine(pathToFileURL(`${folder}/`).href);
const loaded = await loadFunctions(folder, JSON.parse(functions) as Functions);
if (loaded.ok) speak(loaded.value);
else stderr.write(`${REFUSED}${JSON.stringify(loaded.fault)}\n`, () => exit(1));

function speak(given: LabParts): void {
  const parts = adaptParts(given);
  const calls = { ...scriptCalls, vector: vectorCall(given) };
  const session = new ChildSession('submission', (configuration) =>
    createInProcessSut({ configuration, parts, calls }),
  );
  stdin.on('data', (bytes: Buffer) => {
    for (const reply of answers(session, bytes)) stdout.write(reply);
    if (session.fault !== null) exit(1);
  });
}

/** A part that throws has broken its TCP: the process ends, and its last words say where. */
function answers(session: ChildSession, bytes: Uint8Array): Uint8Array[] {
  try {
    return session.onBytes(bytes);
  } catch (error) {
    const fault = { what: error instanceof Error ? error.message : String(error) };
    stderr.write(`${REFUSED}${JSON.stringify(fault)}\n`, () => exit(1));
    return [];
  }
}

/** vector(name, arguments as JSON) → what it gave, as JSON */
function vectorCall(given: LabParts): SocketCall {
  return (_sockets, args: Arguments) => {
    const name = args.text(0);
    const values = decodeValue(JSON.parse(args.text(1))) as readonly unknown[];
    const answer = answerVector({ name, args: values }, given);
    const told = answer.kind === 'gave' ? { ...answer, value: encodeValue(answer.value) } : answer;
    const value: Value = JSON.stringify(told);
    return () => ({ value });
  };
}
