/**
 * Ways to break what no part of a TCP reaches, as edits of its source: one for each requirement that only tests prove, or
 * that lies below the parts. `find` stands in the file exactly once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from '../../packages/drill/src/mutants/mutants.ts';
import { root } from '../suite/check.ts';
import type { Covered } from './coverage.ts';

export interface Break {
  readonly ids: readonly string[];
  /** Below packages/tcp/src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Requirements that nothing breaks, and edits that no longer fit their file. */
export function unbreakable(covered: readonly Covered[]): string[] {
  const broken = new Set([...mutants, ...breaks].flatMap(({ ids }) => ids));
  const owed = covered.filter((one) => one.exempt === null && one.pending === null && one.proofs.length > 0);
  const whole = owed.filter(({ requirement }) => !broken.has(requirement.id));
  const text = (file: string) => readFileSync(join(root, 'packages/tcp/src', file), 'utf8');
  const unfit = breaks.filter(({ file, find }) => text(file).split(find).length !== 2);
  return [
    ...whole.map(
      ({ requirement: { id } }) => `${id}: no mutant in packages/drill and no edit in breaks.ts violates it`,
    ),
    ...unfit.map(
      ({ file, find }) => `breaks.ts: this does not stand in ${file} exactly once: ${find.split('\n')[0]}`,
    ),
  ];
}

export const breaks: readonly Break[] = [
  {
    ids: ['MUST-2'],
    file: 'wire/tcp.ts',
    find: 'setUint16(start + CHECKSUM, ~sum & 0xffff)',
    replace: 'setUint16(start + CHECKSUM, sum & 0xffff)',
  },
  {
    ids: ['MUST-3'],
    file: 'wire/tcp.ts',
    find: 'if (end - start < HEADER_LENGTH) return TRUNCATED;\n  const view = viewOf(bytes);',
    replace: 'const view = viewOf(bytes);\n  view.setUint16(start + CHECKSUM, 0);',
  },
  {
    ids: ['MUST-7'],
    file: 'wire/tcp.ts',
    find: 'if (length < 2 || at + length > end) return BAD_OPTION[at - start];',
    replace: 'if (length < 2 || at + length > end) return null;',
  },
  {
    ids: ['MUST-8', 'RFC6528-3'],
    file: 'tcb/isn.ts',
    find: 'seq(Math.floor(now / 4) + f)',
    replace: 'seq(Math.floor(now / 4000) + f)',
  },
  {
    ids: ['MUST-9', 'SHLD-1', 'RFC6528-3-secret', 'RFC6528-3-key'],
    file: 'tcb/isn.ts',
    find: 'const f = sipHash(secret, ',
    replace: 'const f = sipHash(new Uint8Array(16), ',
  },
  {
    ids: ['MUST-46'],
    file: 'stack/ip-stack.ts',
    find: 'if (!isHostAddress(remote) || this.addresses.find(remote) !== null) {',
    replace: 'if (this.addresses.find(remote) !== null) {',
  },
  {
    ids: ['MUST-47'],
    file: 'stack/changes.ts',
    find: 'connection.reports) bits |= Events.REPORT;',
    replace: 'connection.reports) bits |= 0;',
  },
  {
    ids: ['SHLD-20'],
    file: 'stack/changes.ts',
    find: ' && connection.reports) bits',
    replace: ') bits',
  },
  {
    ids: ['SHLD-9'],
    file: 'tcb/timeouts.ts',
    find: 'tcb.unanswered = true;',
    replace: '',
  },
  {
    ids: ['SHLD-10'],
    file: 'tcb/settings.ts',
    find: 'unansweredRetransmissions: 3,',
    replace: 'unansweredRetransmissions: 2,',
  },
  {
    ids: ['MUST-24'],
    file: 'tcb/keep-alive.ts',
    find: 'tcb.keepAlive = how;',
    replace: 'tcb.keepAlive ??= how;',
  },
  {
    ids: ['MAY-5'],
    file: 'tcb/keep-alive.ts',
    find: "else if (isWatched(tcb)) tcb.timers.set('keep-alive', Math.max(now, tcb.heardAt + how.idle));",
    replace: '',
  },
  {
    ids: ['MUST-50'],
    file: 'wire/ipv4.ts',
    find: 'into.payloadStart = ',
    replace: 'into.payloadStart = start + 20; void ',
  },
  {
    ids: ['MUST-57'],
    file: 'stack/ipv4-input.ts',
    find: "if (!sameAddress(ip.destination, this.#address)) return this.#drop(now, 'ipv4: not for this host');",
    replace: '',
  },
  {
    ids: ['MUST-63'],
    file: 'stack/ipv4-input.ts',
    find: 'if (!isHostAddress(ip.source) || sameAddress(ip.source, this.#address))',
    replace: 'if (sameAddress(ip.source, this.#address))',
  },
  {
    ids: ['MUST-59'],
    file: 'tcb/receive-window.ts',
    find: 'tcb.duplicatesOwed = 0;',
    replace: 'tcb.duplicatesOwed++;',
  },
  {
    ids: ['9293-3.10.1-open-dup'],
    file: 'stack/endpoints.ts',
    find: 'if (isTaken(localPort)) {',
    replace: 'if (isTaken(-1)) {',
  },
  {
    ids: ['9293-3.10.4-close-fw', '9293-3.10.4-close-late'],
    file: 'stack/connection.ts',
    find: "this.#refuse('CLOSE', refused);",
    replace: 'void refused;',
  },
  {
    ids: ['RFC6298-4'],
    file: 'tcb/rtt.ts',
    find: 'Math.max(GRANULARITY, 4 * rtt.rttvar)',
    replace: '4 * rtt.rttvar',
  },
  {
    ids: ['RFC5681-3.1-ssthresh0'],
    file: 'tcb/congestion.ts',
    find: 'export const LARGEST_WINDOW: Octets = 2 ** 30;',
    replace: 'export const LARGEST_WINDOW: Octets = 4096;',
  },
  {
    ids: ['RFC5681-4.1'],
    file: 'tcb/send-window.ts',
    find: 'congestion.cwnd = Math.min(congestion.cwnd, cwnd);',
    replace: 'void cwnd;',
  },
  {
    ids: ['RFC5681-4.3'],
    file: 'tcb/congestion.ts',
    find: 'if (first) reno.ssthresh = halved(flight, smss);',
    replace: 'reno.ssthresh = halved(flight, smss);',
  },
  {
    ids: ['RFC6582-3.2-3timer'],
    file: 'tcb/retransmission.ts',
    find: 'return recovery.partialAcks++ === 0;',
    replace: 'return true;',
  },
  {
    ids: ['RFC7323-2.4-2'],
    file: 'tcb/receive-window.ts',
    find: 'rcv.wnd = Math.max(rcv.wnd, field * unit);',
    replace: '',
  },
  {
    ids: ['RFC7323-5.4-offset'],
    file: 'tcb/timestamps.ts',
    find: 'ports, PURPOSE]) >>> 0',
    replace: 'ports, PURPOSE]) & 0',
  },
  {
    ids: ['RFC6056-3.1', 'RFC6056-3.3.1'],
    file: 'stack/ports.ts',
    find: 'const start = random() % COUNT;',
    replace: 'const start = random() & 0;',
  },
  {
    ids: ['RFC6056-3.2-services'],
    file: 'stack/ports.ts',
    find: 'if (isFree(port)) return port;',
    replace: 'return port;',
  },
  {
    ids: ['RFC3168-5-noect', 'RFC3168-6.1.1-plain', 'RFC3168-6.1.5', 'RFC3168-6.1.6'],
    file: 'wire/tcp-packet.ts',
    find: '((ipv4.typeOfService & 0xff) << 16)',
    replace: '(2 << 16)',
  },
  {
    ids: ['RFC5927-4.3'],
    file: 'stack/ipv4-input.ts',
    find: 'if (quote.protocol !== PROTOCOL_TCP || !sameAddress(quote.source, this.#address))',
    replace: 'if (quote.protocol !== PROTOCOL_TCP)',
  },
  {
    ids: ['RFC1122-3.2.2-never'],
    file: 'stack/ipv4-input.ts',
    find: "if (!sameAddress(ip.destination, this.#address)) return this.#drop(now, 'ipv4: not for this host');",
    replace: '',
  },
  {
    ids: ['RFC1122-3.2.2-quote'],
    file: 'stack/ipv4-input.ts',
    find: 'this.#options.output.icmpError(this.#address, this.#ip.source, type, code, about);',
    replace:
      'this.#options.output.icmpError(this.#address, this.#ip.source, type, code, about.subarray(0, 24));',
  },
  {
    ids: ['RFC1122-3.2.2.1-protocol'],
    file: 'stack/ipv4-input.ts',
    find: '? ICMP_PORT_UNREACHABLE : ICMP_PROTOCOL_UNREACHABLE',
    replace: '? ICMP_PORT_UNREACHABLE : ICMP_PORT_UNREACHABLE',
  },
  {
    ids: ['RFC1122-3.2.2.1-port'],
    file: 'stack/ipv4-input.ts',
    find: '? ICMP_PORT_UNREACHABLE : ICMP_PROTOCOL_UNREACHABLE',
    replace: '? ICMP_PROTOCOL_UNREACHABLE : ICMP_PROTOCOL_UNREACHABLE',
  },
  {
    ids: ['RFC1122-3.3.2-reassemble'],
    file: 'stack/fragments.ts',
    find: 'if (packet.octets === packet.total && packet.header !== null)',
    replace: 'if (packet.octets === packet.total && offset === 0)',
  },
  {
    ids: ['RFC1122-3.3.2-timeout'],
    file: 'stack/fragments.ts',
    find: 'if (packet.deadline > now) break;',
    replace: 'if (packet.deadline > 0) break;',
  },
  {
    ids: ['RFC5722-4'],
    file: 'stack/fragments.ts',
    find: "return sameOctets(next, piece) ? 'again' : 'overlaps';",
    replace: "return 'again';",
  },
  {
    ids: ['RFC8200-4.5'],
    file: 'stack/ipv6-input.ts',
    find: 'header: offset === 0 ? wholeIpv6Header(bytes, start, protocol) : null,',
    replace: 'header: more ? null : wholeIpv6Header(bytes, start, protocol),',
  },
  {
    ids: ['RFC4443-2.4-never'],
    file: 'stack/ipv6-input.ts',
    find: 'return protocol === PROTOCOL_ICMPV6 && isMulticastAddress(destination);',
    replace: 'return protocol >= 0 && isMulticastAddress(destination);',
  },
  {
    ids: ['RFC4443-2.4-limit'],
    file: 'stack/ipv6-input.ts',
    find: 'const ERRORS = 10;',
    replace: 'const ERRORS = 10_000;',
  },
  {
    ids: ['RFC4443-3.1'],
    file: 'stack/ipv6-input.ts',
    find: 'this.#answer(now, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, about, local);',
    replace: 'this.#answer(now, ICMPV6_UNREACHABLE, 0, about, local);',
  },
  {
    ids: ['RFC2018-5-left'],
    file: 'tcb/retransmission.ts',
    find: 'queue.forgetSacked();\n  const rack',
    replace: 'const rack',
  },
  {
    ids: ['RFC2883-4-once'],
    file: 'tcb/sack-blocks.ts',
    find: 'this.#duplicate = null;\n    return true;',
    replace: 'return true;',
  },
  {
    ids: ['RFC2883-4-second'],
    file: 'tcb/sack-blocks.ts',
    find: '[this.#duplicate, ...this.#blocks]',
    replace: '[this.#duplicate]',
  },
  {
    ids: ['RFC6675-5-4.3'],
    file: 'tcb/sack-recovery.ts',
    find: 'sendUrgently(tcb, 0);\n  }',
    replace: '}',
  },
  {
    ids: ['RFC9438-4.2'],
    file: 'tcb/cubic.ts',
    find: 'cubic.epochStart += now - cubic.lastUse;',
    replace: 'cubic.epochStart += 0;',
  },
  {
    ids: ['RFC9438-4.7'],
    file: 'tcb/cubic.ts',
    find: 'cubic.cwndPrior < cubic.wMax ?',
    replace: 'cubic.cwndPrior < 0 ?',
  },
  {
    ids: ['MUST-48', 'SHLD-21', 'SHLD-22'],
    file: 'tcb/ip-service.ts',
    find: 'return diffserv << 2;',
    replace: 'return diffserv;',
  },
  {
    ids: ['MUST-49'],
    file: 'stack/ipv4-output.ts',
    find: 'ip.ttl = service.hopLimit;',
    replace: '',
  },
];
