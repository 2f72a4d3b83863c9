export { createInProcessSut } from './in-process.ts';
export type { InProcessOptions } from './in-process.ts';
export {
  MessageReader,
  PROTOCOL_VERSION,
  createReplyReader,
  createRequestReader,
  writeReply,
  writeRequest,
} from './message.ts';
export type { ProtocolFault, Reply, Request } from './message.ts';
export { MAX_PAYLOAD } from './payload.ts';
export { ChildSession, JudgeSession } from './session.ts';
export type { SessionEvent } from './session.ts';
export { socketCalls } from './socket-calls.ts';
export { Arguments, CallRefused, SocketTable } from './socket-table.ts';
export type { Attempt, Outcome, Socket, SocketCall, Waiting } from './socket-table.ts';
export type { AsyncSut, Batch, CallResult, Sut, SutConfiguration, Value } from './sut.ts';
