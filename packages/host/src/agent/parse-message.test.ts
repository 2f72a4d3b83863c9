import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runAgent } from './agent.ts';
import { AgentClient } from './agent-client.ts';
import { Channel, MESSAGE } from './channel.ts';
import { encodeMessage } from './frame-codec.ts';
import type { Reply } from './protocol.ts';

const limits = { total: 5000, silence: 5000 };

/** An agent, and what it answers to these octets as a request. */
function agentAsked() {
  const [down, up] = [new PassThrough(), new PassThrough()];
  const ended = runAgent({ input: down, output: up, software: 'tcblab test' });
  const replies: Reply[] = [];
  const pieces: Uint8Array[] = [];
  const channel = new Channel(up, down, {
    onMessage(type, payload) {
      if (type === MESSAGE.reply) replies.push(JSON.parse(Buffer.from(payload).toString()) as Reply);
      if (type === MESSAGE.piece) pieces.push(payload);
    },
    onEnd: () => {},
  });
  const ask = async (text: string) => {
    channel.send(MESSAGE.request, Buffer.from(text));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return replies.splice(0);
  };
  return { ask, pieces, end: () => (channel.close(), ended) };
}

const bad: readonly (readonly [request: string, id: number, says: string])[] = [
  ['{oops', 0, 'it is not JSON'],
  ['null', 0, 'it is not an object'],
  ['[1]', 0, 'it is not an object'],
  ['{"id":-1,"verb":"arm","args":null}', -1, 'it.id is not a whole number from 0 on'],
  ['{"id":1,"verb":"toString","args":null}', 1, 'it.verb is not one of prepare'],
  ['{"id":1,"verb":"quit","args":null}', 1, 'it.verb is not one of prepare'],
  ['{"id":2,"verb":"prepare","args":null}', 2, 'the prepare is not an object'],
  ['{"id":2,"verb":"prepare","args":{"kind":"end"}}', 2, 'the prepare.host is not one of a, b'],
  ['{"id":2,"verb":"prepare","args":{"kind":"middlebox","interfaces":["x"]}}', 2, 'has not 2 entries'],
  ['{"id":3,"verb":"quiet","args":{"silence":"1","limit":1}}', 3, 'the quiet.silence is not a number'],
  ['{"id":4,"verb":"read"}', 4, 'the read is not an object'],
  ['{"id":4,"verb":"read","args":{"offset":0,"length":-10}}', 4, 'the read.length is not a whole number'],
  ['{"id":4,"verb":"read","args":{"offset":1e300,"length":1}}', 4, 'the read.offset is not a whole number'],
];

test.for(bad)('an agent refuses the request %s and goes on', async ([request, id, says]) => {
  const agent = agentAsked();
  expect(await agent.ask(request)).toEqual([
    { id, refusal: { code: 'bad-request', message: expect.stringContaining(says), remedy: '' } },
  ]);
  expect(await agent.ask('{"id":7,"verb":"arm","args":null}')).toMatchObject([
    { id: 7, refusal: { code: 'not-prepared' } },
  ]);
  await agent.end();
});

test('a read of more than a message holds gives what fits', async () => {
  const agent = agentAsked();
  expect(await agent.ask(`{"id":4,"verb":"read","args":{"offset":0,"length":${2 ** 40}}}`)).toEqual([]);
  expect(agent.pieces).toHaveLength(1);
  await agent.end();
});

/** What a caller of `finish` is told when the agent says this instead. */
async function answered(type: number, text: string): Promise<unknown> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const client = new AgentClient({ name: 'host a', software: 'tcblab test', input, output });
  const answer = client.call('finish', null, limits).catch((error: unknown) => error);
  input.write(encodeMessage(type, Buffer.from(text)));
  return answer;
}

describe('a client makes an error of', () => {
  const nonsense: readonly (readonly [keyof typeof MESSAGE, string, string])[] = [
    ['reply', '{oops', 'a reply that cannot be read: it is not JSON'],
    ['reply', 'null', 'a reply that cannot be read: it is not an object'],
    ['reply', '{"id":1}', 'it has neither value nor refusal'],
    ['reply', '{"id":1,"refusal":null}', 'it.refusal is not an object'],
    ['event', '"hm"', 'an event that cannot be read: it is not an object'],
    ['event', '{"name":"constructor"}', 'it.name is not one of records'],
    ['event', '{"name":"records","first":0,"records":[{"frame":1}]}', 'it.records[0].event is not an object'],
    ['event', '{"name":"progress"}', 'it.progress is not an object'],
    ['hello', '{"protocol":1}', 'a greeting that cannot be read: it.software is not a string'],
    ['piece', 'abc', 'a piece that cannot be read: it has no number'],
  ];
  test.for(nonsense)('the %s %s', async ([type, text, says]) => {
    const error = await answered(MESSAGE[type], text);
    expect(error).toMatchObject({ code: 'agent-gone', message: expect.stringContaining(says) });
  });

  test('findings that are none', async () => {
    expect(await answered(MESSAGE.reply, '{"id":1,"value":null}')).toMatchObject({
      code: 'bad-reply',
      message: 'host a: an answer cannot be read: the answer to finish is not an object',
    });
  });
});
