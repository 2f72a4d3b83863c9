/** One case of a lab on judged code behind walls. The judge, its clock and what it knows stay on this side. */
import {
  decodeValue,
  encodeValue,
  scriptCase,
  vectorCalls,
  vectorsCase,
  type CaseOutcome,
  type LabCase,
  type VectorAnswer,
  type VectorCall,
} from '@tcblab/drill/lab';
import { inVirtualTime, prepareScript, sutConfiguration, type SutRequest } from '@tcblab/drill/script';
import type { Batch, SutConfiguration } from '@tcblab/drill/sut';
import { JudgedEnd, type JudgedProcess } from '../judged/judged-process.ts';
import { tryTransfer } from './try-transfer.ts';

/** @throws JudgedEnd of the platform's when nothing can be said of the code */
export async function tryCase(
  one: LabCase,
  text: string,
  judged: JudgedProcess,
  seed: number,
): Promise<CaseOutcome> {
  switch (one.kind) {
    case 'script':
      return tryScript(one, text, judged, seed);
    case 'vectors':
      return vectorsCase(one, await tryVectors(text, judged, seed));
    case 'transfer':
      return tryTransfer(one, text, judged, seed);
    case 'answers':
      throw new TypeError('answers are no code');
  }
}

async function tryScript(
  one: LabCase,
  text: string,
  judged: JudgedProcess,
  seed: number,
): Promise<CaseOutcome> {
  const prepared = prepareScript({ text });
  if (!prepared.ok) return scriptCase(one, text, prepared.outcome);
  const { executor } = prepared;
  const run = inVirtualTime(executor);
  try {
    await judged.begin(seeded(sutConfiguration(executor), seed));
    let next = run.next();
    while (next.done !== true) next = run.next(await answer(judged, next.value));
    return scriptCase(one, text, next.value);
  } catch (error) {
    if (!(error instanceof JudgedEnd) || error.blame === 'platform') throw error;
    return scriptCase(one, text, executor.crashed(error.message));
  }
}

/** Which numbers a connection begins with follows from the seed, and is known to nobody before. */
export function seeded(configuration: SutConfiguration, seed: number): SutConfiguration {
  const isnSecret = configuration.isnSecret.map((octet, i) => octet ^ (seed >>> (8 * (i % 4))));
  return { ...configuration, isnSecret, seed: (configuration.seed ^ seed) >>> 0 };
}

function answer(judged: JudgedProcess, request: SutRequest): Promise<Batch> {
  switch (request.type) {
    case 'packet':
      return judged.packet(request.now, request.bytes);
    case 'call':
      return judged.call(request.now, request.id, request.name, request.args);
    case 'advance':
      return judged.advance(request.now);
  }
}

const NOWHERE: SutConfiguration = {
  address: '10.77.0.1',
  mtu: 1500,
  isnSecret: new Uint8Array(16),
  seed: 1,
  settings: {},
};

async function tryVectors(text: string, judged: JudgedProcess, seed: number) {
  const run = vectorCalls(text);
  let id = 0;
  let greeted = false;
  let next = run.next();
  while (next.done !== true) {
    const call = next.value;
    let answered: VectorAnswer;
    try {
      if (!greeted) await judged.begin(seeded(NOWHERE, seed));
      greeted = true;
      answered = await ask(judged, ++id, call);
    } catch (error) {
      if (!(error instanceof JudgedEnd) || error.blame === 'platform') throw error;
      answered = { kind: 'threw', message: error.message };
    }
    next = run.next(answered);
  }
  return next.value;
}

/** By the call `vector` of the child protocol: a name and arguments as JSON, and as JSON what it gave. */
async function ask(judged: JudgedProcess, id: number, { name, args }: VectorCall): Promise<VectorAnswer> {
  const { results } = await judged.call(0, id, 'vector', [
    name,
    JSON.stringify(args.map((one) => encodeValue(one))),
  ]);
  const [result] = results;
  if (result === undefined) return { kind: 'threw', message: 'it did not answer' };
  if ('errno' in result) return { kind: 'threw', message: result.errno };
  return readAnswer(result.value);
}

function readAnswer(value: unknown): VectorAnswer {
  try {
    const told: unknown = JSON.parse(String(value));
    if (typeof told === 'object' && told !== null) {
      const { kind, value: gave, message } = told as Record<string, unknown>;
      if (kind === 'gave') return { kind, value: decodeValue(gave) };
      // What it says it lacks, it was asked for.
      if (kind === 'absent') return { kind: 'threw', message: 'there is no such function' };
      if (kind === 'threw') return { kind, message: String(message) };
    }
  } catch {
    // No JSON: said below.
  }
  return { kind: 'threw', message: 'its answer is no JSON' };
}
