/** A script in virtual time, against a program that speaks the child protocol. */
import {
  inVirtualTime,
  prepareScript,
  sutConfiguration,
  type PrepareOptions,
  type ScriptOutcome,
  type SutRequest,
} from '@tcblab/drill/script';
import type { AsyncSut, Batch } from '@tcblab/drill/sut';
import { SutProcess, SutProcessError, type Program } from './sut-process.ts';

/**
 * Run a script. A program that breaks the protocol, dies or goes silent fails it.
 *
 * @throws SutProcessError when the program does not come as far as its welcome
 */
export async function runScriptInChild(options: PrepareOptions, program: Program): Promise<ScriptOutcome> {
  const prepared = prepareScript(options);
  if (!prepared.ok) return prepared.outcome;
  const { executor } = prepared;
  const run = inVirtualTime(executor);
  let next = run.next();
  if (next.done === true) return next.value;
  const sut = await SutProcess.start(program, sutConfiguration(executor));
  try {
    while (next.done !== true) next = run.next(await answer(sut, next.value));
    return next.value;
  } catch (error) {
    if (!(error instanceof SutProcessError)) throw error;
    return executor.crashed(error.message);
  } finally {
    await sut.close();
  }
}

function answer(sut: AsyncSut, request: SutRequest): Promise<Batch> {
  switch (request.type) {
    case 'packet':
      return sut.packet(request.now, request.bytes);
    case 'call':
      return sut.call(request.now, request.id, request.name, request.args);
    case 'advance':
      return sut.advance(request.now);
  }
}
