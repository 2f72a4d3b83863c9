/** The two queues of a listener: half-open connections, and open ones that wait for accept(). */

/** How full a listener's queues are. */
export interface ListenerQueues {
  /** The limit that LISTEN named. */
  readonly backlog: number;
  /** Connections in SYN-RECEIVED. */
  readonly halfOpen: number;
  /** Connections that are open and wait for accept(). */
  readonly acceptable: number;
}

export interface ListenerPart {
  /** Whether a SYN may start one more half-open connection. A refused SYN is dropped: its sender tries again. */
  admits(queues: ListenerQueues): boolean;
  /** Whether the third segment of a handshake may complete it now. When not, it is dropped, and the SYN,ACK goes out again. */
  completes(queues: ListenerQueues): boolean;
}

/**
 * One more than the backlog may wait for accept(), as in BSD and Linux, so that a backlog of 0 still works.
 *
 * @rfc 4987 3.2
 */
export const listener: ListenerPart = {
  admits: ({ backlog, halfOpen, acceptable }) => halfOpen <= backlog && acceptable <= backlog,
  completes: ({ backlog, acceptable }) => acceptable <= backlog,
};
