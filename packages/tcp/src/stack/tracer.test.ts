import { expect, test } from 'vitest';
import { Dialogue } from '../../testing/dialogue.ts';

test('a connection is introduced before anything is told of it, whichever side opens it', () => {
  const passive = new Dialogue().listen();
  passive.peer('S 0:0(0)').says('S. 0:0(0) ack 1');
  const active = new Dialogue().open();
  for (const [dialogue, isPassive] of [
    [passive, true],
    [active, false],
  ] as const) {
    const [first, ...others] = dialogue.stack.takeTrace().filter(({ connection }) => connection > 0);
    expect(first).toMatchObject({ name: 'connection_started', passive: isPassive });
    expect(others.map(({ name }) => name)).toContain('state_updated');
  }
});

test('a stray segment at a listener leaves no trace of a connection', () => {
  const d = new Dialogue().listen();
  d.iss = 0;
  d.peer('. 1:1(0) ack 77').says('R 77:77(0)');
  expect(d.stack.takeTrace().map(({ name, connection }) => [name, connection])).toEqual([
    ['segment_received', 0],
    ['segment_sent', 0],
  ]);
});
