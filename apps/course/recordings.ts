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
];
