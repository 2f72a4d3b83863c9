import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { needs } from '@tcblab/test-needs';
import { describe, expect, test } from 'vitest';
import { createInProcessSut } from './in-process.ts';
import { writeReply } from './message.ts';
import { ChildSession, JudgeSession } from './session.ts';
import type { SessionEvent } from './session.ts';
import type { SutConfiguration } from './sut.ts';

const configuration: SutConfiguration = {
  address: '10.0.0.2',
  mtu: 1500,
  isnSecret: Uint8Array.from({ length: 16 }, (_, index) => index),
  seed: 7,
  settings: { initialRto: 500_000 },
};

describe('the two ends', () => {
  test('give the same batches as the system itself', () => {
    const direct = createInProcessSut({ configuration });
    const judge = new JudgeSession();
    const child = new ChildSession('ours', (told) => createInProcessSut({ configuration: told }));
    const exchange = (bytes: Uint8Array): SessionEvent | null =>
      child.onBytes(bytes).reduce<SessionEvent | null>((event, reply) => judge.onBytes(reply) ?? event, null);

    expect(exchange(judge.hello(configuration))).toEqual({ type: 'ready', name: 'ours' });
    expect(exchange(judge.request({ type: 'call', now: 0, id: 1, name: 'socket', args: [] }))).toEqual({
      type: 'batch',
      batch: direct.call(0, 1, 'socket', []),
    });
    const call = { type: 'call', now: 5, id: 2, name: 'connect', args: [3, '10.0.0.1', 80] } as const;
    expect(exchange(judge.request(call))).toEqual({
      type: 'batch',
      batch: direct.call(5, 2, 'connect', [3, '10.0.0.1', 80]),
    });
    const advanced = exchange(judge.request({ type: 'advance', now: 500_005 }));
    expect(advanced).toEqual({ type: 'batch', batch: direct.advance(500_005) });
    expect(advanced).toMatchObject({ batch: { packets: [expect.any(Uint8Array)] } });
  });

  test('a second request before the answer is our own mistake', () => {
    const judge = new JudgeSession();
    judge.hello(configuration);
    expect(() => judge.request({ type: 'advance', now: 0 })).toThrow("a request in state 'greeting'");
  });
});

describe('a child that breaks the rules is told apart from one that is wrong', () => {
  function ready(): JudgeSession {
    const judge = new JudgeSession();
    judge.hello(configuration);
    judge.onBytes(writeReply({ type: 'welcome', version: 1, name: 'x' }));
    return judge;
  }
  const done = writeReply({ type: 'done', deadline: 0 });

  test('another version', () => {
    const judge = new JudgeSession();
    judge.hello(configuration);
    expect(judge.onBytes(writeReply({ type: 'welcome', version: 9, name: 'x' }))).toEqual({
      type: 'fault',
      reason: 'the child speaks version 9 of the protocol, we speak 1',
    });
  });

  test('no welcome', () => {
    const judge = new JudgeSession();
    judge.hello(configuration);
    expect(judge.onBytes(done)).toEqual({
      type: 'fault',
      reason: "the child's first message is 'done', not 'welcome'",
    });
  });

  test('words unasked', () => {
    expect(ready().onBytes(done)).toEqual({ type: 'fault', reason: "the child sends 'done' unasked" });
  });

  test('more than the answer', () => {
    const judge = ready();
    judge.request({ type: 'advance', now: 0 });
    expect(judge.onBytes(Uint8Array.from([...done, ...done]))).toEqual({
      type: 'fault',
      reason: 'the child says more than it was asked',
    });
  });

  test('a result of a call that nobody made', () => {
    const judge = ready();
    judge.request({ type: 'advance', now: 0 });
    expect(judge.onBytes(writeReply({ type: 'result', result: { id: 4, value: 0 } }))).toEqual({
      type: 'fault',
      reason: 'a result for call 4, which is not open',
    });
  });

  test('packets without end', () => {
    const judge = ready();
    judge.request({ type: 'advance', now: 0 });
    const sent = writeReply({ type: 'sent', bytes: new Uint8Array(1) });
    let event: SessionEvent | null = null;
    for (let count = 0; count < 20_000 && event === null; count++) event = judge.onBytes(sent);
    expect(event).toEqual({ type: 'fault', reason: 'more than 10000 packets in one batch' });
  });

  test('an end in the middle of a message', () => {
    const judge = ready();
    judge.request({ type: 'advance', now: 0 });
    judge.onBytes(done.subarray(0, 3));
    expect(judge.onEnd()).toEqual({
      type: 'fault',
      reason: 'the child ended with a request unanswered, in the middle of a message',
    });
  });
});

/** Speaks to a real process, one request at a time. */
class Spoken {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #judge = new JudgeSession();
  #stderr = '';

  constructor(program: string, args: readonly string[]) {
    // Within the package, so that a program can import it by its name.
    this.#child = spawn(program, args, { cwd: fileURLToPath(new URL('../../', import.meta.url)) });
    this.#child.stderr.on('data', (words: Buffer) => (this.#stderr += words.toString()));
  }

  hello(): Promise<SessionEvent> {
    return this.#exchange(this.#judge.hello(configuration));
  }

  ask(request: Parameters<JudgeSession['request']>[0]): Promise<SessionEvent> {
    return this.#exchange(this.#judge.request(request));
  }

  async end(): Promise<number | null> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async #exchange(bytes: Uint8Array): Promise<SessionEvent> {
    this.#child.stdin.write(bytes);
    for (;;) {
      const piece: Buffer | null = this.#child.stdout.read();
      if (piece === null) {
        if (this.#child.stdout.readableEnded) throw new Error(`the child has ended: ${this.#stderr}`);
        await Promise.race([once(this.#child.stdout, 'readable'), once(this.#child.stdout, 'end')]);
        continue;
      }
      const event = this.#judge.onBytes(piece);
      if (event !== null) return event;
    }
  }
}

describe('a real child', () => {
  test('in TypeScript runs our stack behind its standard input and output', async () => {
    const program = `
      import { ChildSession, createInProcessSut } from '@tcblab/drill/sut';
      const session = new ChildSession('reference', (configuration) => createInProcessSut({ configuration }));
      process.stdin.on('data', (bytes) => {
        for (const reply of session.onBytes(bytes)) process.stdout.write(reply);
        if (session.fault !== null) { console.error(session.fault); process.exit(1); }
      });`;
    const child = new Spoken(process.execPath, ['--conditions=source', '--input-type=module', '-e', program]);
    const direct = createInProcessSut({ configuration });
    expect(await child.hello()).toEqual({ type: 'ready', name: 'reference' });
    for (const [id, name, args] of [
      [1, 'socket', []],
      [2, 'connect', [3, '10.0.0.1', 80]],
      [3, 'close', [3]],
    ] as const) {
      expect(await child.ask({ type: 'call', now: id, id, name, args })).toEqual({
        type: 'batch',
        batch: direct.call(id, id, name, args),
      });
    }
    expect(await child.end()).toBe(0);
  });

  // Needs nothing but a Python; what it says is all that docs/child-protocol.md asks of a beginning.
  needs('python3').test('in Python answers every call with an error and never wakes', async () => {
    const program = `
import struct, sys
def read(count):
    data = sys.stdin.buffer.read(count)
    if len(data) < count: sys.exit(0)
    return data
def write(kind, payload):
    sys.stdout.buffer.write(struct.pack('>IB', len(payload), kind) + payload)
while True:
    length, kind = struct.unpack('>IB', read(5))
    payload = read(length)
    if kind == 0x01:
        version, = struct.unpack('>H', payload[:2])
        write(0x81, struct.pack('>H', version) + bytes([6]) + b'python')
    else:
        if kind == 0x03:
            now, number = struct.unpack('>QI', payload[:12])
            write(0x83, struct.pack('>IB', number, 1) + bytes([6]) + b'ENOSYS')
        if kind == 0x02:
            write(0x82, payload[8:])
        write(0x84, b'\\xff' * 8)
    sys.stdout.buffer.flush()
`;
    const child = new Spoken('python3', ['-c', program]);
    expect(await child.hello()).toEqual({ type: 'ready', name: 'python' });
    expect(await child.ask({ type: 'call', now: 0, id: 9, name: 'socket', args: [1, 'x', [null]] })).toEqual({
      type: 'batch',
      batch: { packets: [], results: [{ id: 9, errno: 'ENOSYS' }], deadline: Infinity },
    });
    const bytes = Uint8Array.from({ length: 1500 }, (_, index) => index & 255);
    expect(await child.ask({ type: 'packet', now: 1, bytes })).toEqual({
      type: 'batch',
      batch: { packets: [bytes], results: [], deadline: Infinity },
    });
    expect(await child.end()).toBe(0);
  });
});
