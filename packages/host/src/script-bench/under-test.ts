/** A TCP on a wire, in real time, as a script's driver sees it: calls go in, results come when they come. */
import type { CallResult, Value } from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';

export interface UnderTest {
  /** Its application makes a call; the result, at once or later, goes to `onResult`. */
  call(id: number, name: string, args: readonly Value[]): void;
  /** When it wants a turn though nothing happens; Infinity = never. */
  readonly deadline: Micros;
  /** Do at once what has become due, as the script is about to look. */
  turn(): void;
  /** Why it has stopped, such as a program that died; null while it goes on. */
  readonly broken: string | null;
  close(): void | Promise<void>;
}

/** Where results go, and word that `broken` has changed. */
export interface Listener {
  onResult(result: CallResult): void;
  /** This machine, not what is under test, was late by so much. */
  onLate(by: Micros): void;
  onBroken(): void;
}
