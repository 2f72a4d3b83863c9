/**
 * The runs that chapters draw. Each is made anew by every build, and must show, in this order, what the chapter's text
 * says of it; a build whose runs show something else fails.
 */
export type RecordingRequest = ScenarioRequest | ScriptRequest;

interface Request {
  /** Folder below `traces`, and what a page calls it. */
  readonly name: string;
  /** Pieces of lines of its ladder, in order; spaces count as one, lines of arrows not at all. */
  readonly shows: readonly string[];
}

/** A bundle with both ends' captures and trace. */
export interface ScenarioRequest extends Request {
  /** What follows `./tcblab run`. */
  readonly run: readonly string[];
  /** What to run where the machine that builds the pages cannot do the first. */
  readonly otherwise?: readonly string[];
}

/** A script's capture; its lines are those of packetdrill. */
export interface ScriptRequest extends Request {
  /** File below `labs/scripts`, without `.pkt`. */
  readonly script: string;
}

/** Files of a recording that its page reads. */
export function filesOf(request: RecordingRequest): readonly string[] {
  if ('script' in request) return [`${request.name}.pcapng`];
  return ['bundle.json', 'host-a.pcapng', 'host-b.pcapng', 'trace.sqlog'];
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
  {
    name: 'reordered-stream',
    run: ['stream', '--bench', 'virtual', '--reorder', '8%', '--delay', '5ms', '--seed', '1'],
    shows: ['ESTABLISHED', 'overtaken by a later one', 'TIME-WAIT'],
  },
  {
    name: 'slow-start',
    run: ['stream', '--bench', 'virtual', '--delay', '20ms', '--seed', '1'],
    shows: ['ESTABLISHED SYN,ACK', 'len 1460', 'TIME-WAIT'],
  },
  {
    name: 'wire',
    run: ['handshake', '--b', 'kernel', '--bench', 'netns', '--seed', '1'],
    otherwise: ['handshake', '--bench', 'virtual', '--seed', '1'],
    shows: ['SYN seq 0 win 65535', 'SYN,ACK seq 0 ack 1', 'FIN,ACK', 'TIME-WAIT FIN,ACK'],
  },
  {
    name: 'reset',
    run: ['reset', '--bench', 'virtual', '--seed', '1'],
    shows: ['len 7', 'CLOSED RST seq 8'],
  },
  {
    name: 'reset-in-window',
    script: 'reset/in-window',
    shows: ['< R 2:2(0)', '> . 1:1(0) ack 1', '< R 65535:65535(0)', '> . 1:1(0) ack 1'],
  },
  {
    name: 'half-open-discovery',
    script: 'syn/half-open-discovery',
    shows: ['< S 5000:5000(0)', '> . 1:1(0) ack 1', '< R 1:1(0)'],
  },
  {
    name: 'reset-in-syn-received',
    script: 'handshake/syn-received-reset-passive',
    shows: ['> S.', '< R 1:1(0)', '< S 0:0(0)', '> S.', '< . 1:1(0) ack 1'],
  },
  {
    name: 'zero-window',
    script: 'send/zero-window-backs-off',
    shows: [
      'ack 101 win 0',
      '1.020000 > . 101:102(1)',
      '2.020000 > .',
      '16.020000 > .',
      'ack 102 win 1000',
      '(99)',
    ],
  },
  {
    name: 'nagle',
    script: 'send/nagle',
    shows: ['0.010000 > P. 1:11(10)', '0.110000 < .', '0.110000 > P. 11:31(20)'],
  },
  {
    name: 'urgent',
    script: 'urgent/in-line',
    shows: ['< PU. 1:11(10) ack 1 win 65535 urg 5', '> . 1:1(0) ack 11'],
  },
  {
    name: 'data-on-syn',
    script: 'handshake/data-on-syn',
    shows: ['< S 0:10(10)', '> S. 0:0(0) ack 11'],
  },
  {
    name: 'timeout-then-slow-start',
    script: 'congestion/timeout-then-slow-start',
    shows: ['1.010000 > . 1:1461(1460)', 'ack 1461', '> . 1461:2921', '> . 2921:4381', 'ack 4381'],
  },
  {
    name: 'half-open-expires',
    script: 'queues/half-open-expires',
    shows: [
      '1.000000 > 80 > 5001 S.',
      '31.000000 > 80 > 5001 S.',
      '51.000000 < 5002',
      '81.000000 > 80 > 5002 S.',
    ],
  },
  {
    name: 'accept-full',
    script: 'queues/accept-full-third-segment',
    shows: ['< 5003 > 80 .', '> 80 > 5003 S. 0:0(0) ack 1', '< 5003 > 80 .'],
  },
  {
    name: 'flood',
    script: 'queues/half-open-full',
    shows: ['< 5001 > 80 S', '> 80 > 5001 S.', '< 5002 > 80 S', '< 5002 > 80 S', '> 80 > 5002 S.'],
  },
  {
    name: 'cookie',
    script: 'cookies/when-full',
    shows: [
      '> 80 > 5001 S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 5>',
      '> 80 > 5002 S. 0:0(0) ack 1 win 65535 <mss 1460>',
      '< 5002 > 80 .',
    ],
  },
];
