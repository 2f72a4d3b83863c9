/** Code blocks and commands: what of the stack is asked for them, and what the answers say. */
import type { Micros } from '@tcblab/tcp';
import type { CallResult, Value } from '../sut/sut.ts';
import { runCode, type CodeValue } from './code-block.ts';
import { countConnections } from './connection-count.ts';
import { settingsOf } from './profile.ts';
import { meaningOf, type Meaning } from './shell-command.ts';
import type { CodeAction, Command, Position } from './syntax.ts';
import { STATE_NUMBERS } from './tcp-states.ts';
import type { Transcript } from './transcript.ts';

/** A question to the stack under test: a call that no application makes. */
export interface Question {
  readonly name: string;
  readonly args: readonly Value[];
}

/** Asks until it knows; what it returns is how long the script sleeps over it. Its verdict is in the transcript. */
export type Inquiry = Generator<Question, Micros, CallResult>;

/** Who carries out the script's settings. */
export type Configuration =
  /** The stack is made with those that stand before its first packet or call; others come too late. */
  | 'before'
  /** The stack is asked for each, by `sysctl(name, value)`. */
  | 'by calls';

export class Inquirer {
  readonly #transcript: Transcript;
  readonly #configuration: Configuration;
  /** What code blocks may name. */
  readonly #names = new Map<string, CodeValue>(Object.entries(STATE_NUMBERS));

  constructor(transcript: Transcript, configuration: Configuration) {
    this.#transcript = transcript;
    this.#configuration = configuration;
  }

  /** @param descriptor of the youngest connection; undefined = there is none to ask */
  *code({ text, at }: CodeAction, descriptor: number | undefined): Inquiry {
    if (descriptor !== undefined) {
      const result = yield { name: 'getsockopt', args: [descriptor, 'SOL_TCP', 'TCP_INFO'] };
      for (const field of 'value' in result ? listOf(result.value) : []) {
        const [name, value] = listOf(field);
        if (typeof name === 'string' && typeof value === 'number') this.#names.set(name, value);
      }
    }
    const outcome = runCode(text, this.#names);
    if (outcome.kind === 'ok') this.#transcript.printed.push(...outcome.printed);
    else if (outcome.kind === 'failed') this.#transcript.fail(at, outcome.assertion, outcome.message);
    else this.#transcript.end('unsupported', outcome.why, at);
    return 0;
  }

  /** @param configured the stack was made after this command, and with what it sets */
  *command({ text, at }: Command, configured: boolean, descriptor: number | undefined): Inquiry {
    const meanings = meaningOf(text);
    if ('unsupported' in meanings) {
      this.#transcript.meaningless(meanings.unsupported, at);
      return 0;
    }
    let slept: Micros = 0;
    for (const meaning of meanings) {
      switch (meaning.kind) {
        case 'set':
          if (this.#configuration === 'by calls') yield* this.#set(meaning, at);
          else if (!configured) this.#tooLate(meaning, at);
          break;
        case 'sleep':
          slept += meaning.micros;
          break;
        case 'count':
          yield* this.#count(text, at, meaning);
          break;
        case 'drop':
          yield* this.#drop(at, descriptor);
          break;
      }
      if (this.#transcript.outcome !== null) break;
    }
    return slept;
  }

  *#set(
    { name, value }: Extract<Meaning, { kind: 'set' }>,
    at: Position,
  ): Generator<Question, void, CallResult> {
    const result = yield { name: 'sysctl', args: [name, value] };
    if ('errno' in result)
      this.#transcript.end('unsupported', `${name}=${value} is refused: ${result.errno}`, at);
  }

  #tooLate({ name, value }: Extract<Meaning, { kind: 'set' }>, at: Position): void {
    if (settingsOf(name, value) === null) this.#transcript.ignored.push(`${name}=${value}`);
    else this.#transcript.end('unsupported', `${name} cannot change once the stack runs`, at);
  }

  *#count(
    command: string,
    at: Position,
    meaning: Extract<Meaning, { kind: 'count' }>,
  ): Generator<Question, void, CallResult> {
    const result = yield { name: 'connections', args: [] };
    if ('errno' in result || !Array.isArray(result.value)) {
      this.#transcript.end('unsupported', 'the stack under test lists no connections', at);
      return;
    }
    const { count, right } = countConnections(meaning, listOf(result.value));
    if (!right) this.#transcript.fail(at, `\`${command}\``, `the count is ${count}`);
  }

  *#drop(at: Position, descriptor: number | undefined): Generator<Question, void, CallResult> {
    if (descriptor === undefined) {
      this.#transcript.end('error', 'there is no connection to drop', at);
      return;
    }
    const result = yield { name: 'drop', args: [descriptor] };
    if ('errno' in result)
      this.#transcript.end('unsupported', 'the stack under test cannot drop connections', at);
  }
}

function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}
