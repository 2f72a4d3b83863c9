/** A TCP on a wire, in real time, as a script's driver sees it: calls go in, results come when they come. */
import type { CallResult, Value } from '@tcblab/drill/sut';

export interface UnderTest {
  /** Its application makes a call; the result, at once or later, goes to `onResult`. */
  call(id: number, name: string, args: readonly Value[]): void;
  /** Why it has stopped, such as a program that died; null while it goes on. */
  readonly broken: string | null;
  close(): void | Promise<void>;
}

/** Where results go, and word that `broken` has changed. */
export interface Listener {
  onResult(result: CallResult): void;
  onBroken(): void;
}
