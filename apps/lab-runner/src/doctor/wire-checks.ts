/** What stands between us and a wire: rights, native code, and interfaces that are not what they seem. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fail, info, ok, warn, type Check, type Finding } from './finding.ts';
import { contentOf, type MachineFacts } from './machine-facts.ts';
import { explainRefusal, namespaceSwitches } from './namespace-refusal.ts';

export function wireChecks(facts: MachineFacts): Check[] {
  if (facts.platform !== 'linux') return [];
  return [
    { title: 'namespaces', look: () => [namespaces(facts)] },
    { title: 'capabilities', look: () => [capabilities()] },
    { title: 'receive buffer', look: () => [receiveBuffer()] },
    { title: 'interfaces', look: interfaces },
  ];
}

function namespaces(facts: MachineFacts): Finding {
  const tried = spawnSync('unshare', ['-U', '-r', '-n', 'true'], { encoding: 'utf8' });
  if (tried.status === 0) return ok('namespaces', 'allowed');
  const refusal = explainRefusal(namespaceSwitches(), facts, tried.stderr);
  return fail('namespaces', refusal.reason, refusal.remedy);
}

const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;

/** Rights on this machine's own interfaces: a bench of namespaces does without, a real cable does not. */
function capabilities(): Finding {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(contentOf('/proc/self/status') ?? '')?.[1] ?? '0';
  const has = (bit: bigint): boolean => ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
  if (has(CAP_NET_ADMIN) && has(CAP_NET_RAW))
    return ok('capabilities', 'may send raw frames on any interface');
  return info('capabilities', 'an ordinary user: namespaces work; a real cable needs sudo ./tcblab');
}

/** Below this a burst of full frames is lost while the process waits for a core. */
const BUFFER_WANTED = 4 * 1024 ** 2;

function receiveBuffer(): Finding {
  const most = Number(contentOf('/proc/sys/net/core/rmem_max') ?? 0);
  return most >= BUFFER_WANTED
    ? ok('receive buffer', `up to ${most} bytes a socket`)
    : warn(
        'receive buffer',
        `at most ${most} bytes a socket: fast transfers may lose frames`,
        `sudo sysctl -w net.core.rmem_max=${BUFFER_WANTED}`,
      );
}

const NETWORKS = '/sys/class/net';

function interfaces(): Finding[] {
  const names = readdirSync(NETWORKS).filter((name) => name !== 'lo');
  return names.flatMap((name): Finding[] => {
    const parts = readdirSync(`${NETWORKS}/${name}`);
    if (parts.includes('wireless') || parts.includes('phy80211')) {
      return [
        warn(
          name,
          "Wi-Fi: the access point drops frames from any MAC address but the card's own",
          'use a cable between the two machines, or --bench netns',
        ),
      ];
    }
    return [];
  });
}
