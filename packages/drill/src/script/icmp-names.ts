/** The numbers of ICMP messages by the names that packetdrill gives them. @rfc 792; 1122 3.2.2.1; 4443 */

interface IcmpNames {
  readonly types: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
  readonly echoRequest: number;
  readonly echoReply: number;
}

const ICMP: IcmpNames = {
  echoRequest: 8,
  echoReply: 0,
  types: {
    echo_reply: 0,
    unreachable: 3,
    dst_unreachable: 3,
    source_quench: 4,
    redirect: 5,
    echo_request: 8,
    time_exceeded: 11,
    parameter_problem: 12,
  },
  codes: {
    net_unreachable: 0,
    host_unreachable: 1,
    protocol_unreachable: 2,
    port_unreachable: 3,
    frag_needed: 4,
    source_route_failed: 5,
    net_unknown: 6,
    host_unknown: 7,
    source_host_isolated: 8,
    net_prohibited: 9,
    host_prohibited: 10,
    net_unreachable_for_tos: 11,
    host_unreachable_for_tos: 12,
    communication_prohibited: 13,
    packet_filtered: 13,
    precedence_violation: 14,
    precedence_cutoff: 15,
    exceeded_ttl_in_transit: 0,
    ttl_exceeded: 0,
  },
};

const ICMPV6: IcmpNames = {
  echoRequest: 128,
  echoReply: 129,
  types: {
    unreachable: 1,
    packet_too_big: 2,
    time_exceeded: 3,
    parameter_problem: 4,
    echo_request: 128,
    echo_reply: 129,
  },
  codes: {
    net_unreachable: 0,
    no_route: 0,
    admin_prohibited: 1,
    not_neighbour: 2,
    address_unreachable: 3,
    port_unreachable: 4,
    exceeded_hop_limit: 0,
    exceeded_frag_time: 1,
    header_field: 0,
    unknown_next_header: 1,
    unknown_option: 2,
  },
};

/** The names of a version of IP. */
export function icmpNames(version: 4 | 6): IcmpNames {
  return version === 4 ? ICMP : ICMPV6;
}
