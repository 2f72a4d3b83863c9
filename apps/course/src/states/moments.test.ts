import { expect, test } from 'vitest';
import { pictureOf } from '../playground/picture.ts';
import { World } from '../playground/world.ts';
import { momentsOf } from './moments.ts';

test('a run walks through the diagram one change at a time, sender before receiver', () => {
  const world = new World(1);
  world.act({ kind: 'listen', side: 1, port: 80, backlog: 5 });
  world.act({ kind: 'open', side: 0, port: 80, localPort: 0 });
  world.advance(1_000_000);
  world.act({ kind: 'close', side: 0 });
  world.advance(2_000_000);
  world.act({ kind: 'close', side: 1 });
  world.advance(100_000_000);
  const moments = momentsOf(pictureOf(world).recording.ladder.rows);
  expect(moments.map(({ ends }) => `${ends[0].state} ${ends[1].state}`)).toEqual([
    'CLOSED LISTEN',
    'SYN-SENT LISTEN',
    'SYN-SENT SYN-RECEIVED',
    'ESTABLISHED SYN-RECEIVED',
    'ESTABLISHED ESTABLISHED',
    'FIN-WAIT-1 ESTABLISHED',
    'FIN-WAIT-1 CLOSE-WAIT',
    'FIN-WAIT-2 CLOSE-WAIT',
    'FIN-WAIT-2 LAST-ACK',
    'TIME-WAIT LAST-ACK',
    'TIME-WAIT CLOSED',
    'CLOSED CLOSED',
  ]);
  expect(moments.at(-1)?.ends[0].edge).toEqual({ old: 'TIME-WAIT', new: 'CLOSED' });
});
