/**
 * The runs that chapters draw. Each is made anew by every build, and must show, in this order, what the chapter's text
 * says of it; a build whose runs show something else fails.
 */
export interface RecordingRequest {
  /** Folder below `traces`, and what a page calls it. */
  readonly name: string;
  /** What follows `./tcblab run`. */
  readonly run: readonly string[];
  /** Pieces of lines of its ladder, in order; spaces count as one, lines of arrows not at all. */
  readonly shows: readonly string[];
}

export const recordings: readonly RecordingRequest[] = [
  {
    name: 'handshake',
    run: ['handshake', '--bench', 'virtual', '--seed', '1'],
    shows: [
      'SYN-SENT SYN seq 0 win 65535 SYN-RECEIVED',
      'ESTABLISHED SYN,ACK seq 0 ack 1 win 65535 SYN-RECEIVED',
      'ACK seq 1 ack 1',
      'FIN,ACK',
      'CLOSE-WAIT',
      'TIME-WAIT FIN,ACK',
    ],
  },
  {
    name: 'simultaneous-open',
    run: ['simultaneous-open', '--bench', 'virtual', '--seed', '1'],
    shows: ['SYN-SENT', 'SYN-RECEIVED', 'SYN,ACK seq 0 ack 1', 'ESTABLISHED'],
  },
  {
    name: 'refused',
    run: ['refused', '--bench', 'virtual', '--seed', '1'],
    shows: ['SYN-SENT SYN seq 0', 'CLOSED RST,ACK seq 1 ack 1 win 0 ~CLOSED'],
  },
  {
    name: 'lost-third-ack',
    run: ['lost-third-ack', '--bench', 'virtual', '--seed', '1'],
    shows: ['SYN,ACK seq 0 ack 1', '✗', 'SYN,ACK seq 0 ack 1', 'ACK seq 1 ack 1 win 32768 ESTABLISHED'],
  },
  {
    name: 'half-close',
    run: ['half-close', '--bench', 'virtual', '--seed', '1'],
    shows: ['FIN-WAIT-1', 'CLOSE-WAIT', 'FIN-WAIT-2', 'LAST-ACK'],
  },
  {
    name: 'three-segment-close',
    run: ['three-segment-close', '--bench', 'virtual', '--seed', '1'],
    shows: ['FIN-WAIT-1', 'TIME-WAIT FIN,ACK', 'ACK seq 2 ack 2'],
  },
  {
    name: 'simultaneous-close',
    run: ['simultaneous-close', '--bench', 'virtual', '--seed', '1'],
    shows: ['FIN-WAIT-1', 'CLOSING', 'TIME-WAIT'],
  },
  {
    name: 'lost-last-ack',
    run: ['lost-last-ack', '--bench', 'virtual', '--seed', '1'],
    shows: ['TIME-WAIT FIN,ACK', '✗', 'FIN,ACK', 'ACK seq 2 ack 2'],
  },
  {
    name: 'stream',
    run: ['stream', '--bench', 'virtual', '--delay', '5ms', '--seed', '1'],
    shows: ['ESTABLISHED', 'TIME-WAIT'],
  },
  {
    name: 'lossy-stream',
    run: ['stream', '--bench', 'virtual', '--loss', '6%', '--delay', '5ms', '--seed', '5'],
    shows: ['ESTABLISHED', 'lost', 'TIME-WAIT'],
  },
];
