export { systemClock } from './clock.ts';
export type { Alarm, Clock } from './clock.ts';
export { VirtualClock } from './virtual-clock.ts';
export { Host } from './drive/host.ts';
export type { HostOptions, Program } from './drive/host.ts';
export { ImpairedDirection } from './impair/impaired-direction.ts';
export type { Link, LinkFacts, LinkStatistics, ReceivedFrames } from './link/link.ts';
export { createMemoryLink } from './link/memory-link.ts';
export type { MemoryLinkOptions } from './link/memory-link.ts';
export { openRawLink, RawLink } from './link/raw-link.ts';
export type { RawLinkOptions } from './link/raw-link.ts';
export { connect, TcpSocket } from './socket/tcp-socket.ts';
export type { ConnectOptions } from './socket/tcp-socket.ts';
export { createServer, TcpServer } from './socket/tcp-server.ts';
export type { ServerOptions } from './socket/tcp-server.ts';
export { PieceFile } from './tap/piece-file.ts';
export { Tap } from './tap/tap.ts';
export type { TapCounts, TapOptions } from './tap/tap.ts';
export { Middlebox } from './drive/middlebox.ts';
export { runAgent } from './agent/agent.ts';
export type { AgentOptions } from './agent/agent.ts';
export { runAgentProcess } from './agent/run-agent-process.ts';
export { AgentClient } from './agent/agent-client.ts';
export type { AgentClientOptions, Limits } from './agent/agent-client.ts';
export { AgentError } from './agent/agent-error.ts';
export { reachBarrier } from './agent/barrier.ts';
export type { Barrier } from './agent/barrier.ts';
export { conductRun } from './agent/conduct.ts';
export type { ConductOptions } from './agent/conduct.ts';
export { PROTOCOL_VERSION } from './agent/protocol.ts';
export type {
  AgentJob,
  EndJob,
  Findings,
  Hello,
  HostSockets,
  MiddleboxJob,
  Progress,
  SocketLine,
} from './agent/protocol.ts';
