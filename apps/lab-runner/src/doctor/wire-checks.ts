/** What stands between us and a wire: rights, native code, and interfaces that are not what they seem. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeLeftovers, probeNamespaces } from '@tcblab/host/namespace';
import { interfaceNames, readOffloads } from '@tcblab/raw-socket';
import { loadNativeAddon, nativeAddon, prebuildOf } from '@tcblab/raw-socket/native';
import { fail, info, ok, warn, type Check, type Finding } from './finding.ts';
import { contentOf, type MachineFacts } from './machine-facts.ts';
import { REPOSITORY } from '../repository.ts';

export function wireChecks(facts: MachineFacts): Check[] {
  if (facts.platform !== 'linux') return [];
  return [
    { title: 'native code', look: nativeCode },
    { title: 'namespaces', look: async () => [await namespaces()] },
    { title: 'capabilities', look: () => [capabilities()] },
    { title: 'receive buffer', look: () => [receiveBuffer()] },
    { title: 'interfaces', look: interfaces },
    { title: 'leftovers', look: () => [leftovers()] },
  ];
}

async function namespaces(): Promise<Finding> {
  const probe = await probeNamespaces();
  if (!probe.ok) return fail('namespaces', probe.reason, probe.remedy);
  return ok(
    'namespaces',
    probe.as === 'root' ? 'two and a cable made, as root' : 'two and a cable made, without root',
  );
}

function leftovers(): Finding {
  const found = describeLeftovers();
  if (found.length === 0) return ok('leftovers', 'no process of an earlier run');
  const pids = found.map(({ pid }) => pid).join(', ');
  return warn('leftovers', `processes of earlier runs: ${pids}`, './tcblab clean');
}

/** The addons that speak to the kernel: committed as binaries, compiled here where their source differs. */
function nativeCode(): Finding[] {
  return ['raw-socket', 'host'].flatMap((name) => {
    const folder = join(REPOSITORY, 'packages', name, 'native');
    const sources = entriesOf(folder).filter((file) => file.endsWith('.c'));
    return sources.map((file) => addonFinding(join(folder, file)));
  });
}

function addonFinding(source: string): Finding {
  const addon = nativeAddon(source);
  try {
    loadNativeAddon(pathToFileURL(source));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. Remedy')[0] : String(error);
    return fail(addon.name, reason, 'sudo apt install gcc libc6-dev');
  }
  const prebuilt = prebuildOf(addon, process.arch).recordedHash === addon.hash;
  return ok(
    addon.name,
    prebuilt ? `native code for linux-${process.arch}, as committed` : 'native code, compiled here',
  );
}

const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;

/** Rights on this machine's own interfaces, which a bench of namespaces does without. */
function capabilities(): Finding {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(contentOf('/proc/self/status') ?? '')?.[1] ?? '0';
  const has = (bit: bigint): boolean => ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
  if (has(CAP_NET_ADMIN) && has(CAP_NET_RAW))
    return ok('capabilities', 'may send raw frames on any interface');
  return info(
    'capabilities',
    "an ordinary user, who may not send raw frames on this machine's own interfaces; no bench needs to",
  );
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

/** The interfaces of a machine that lead out of it, for whoever wants to use one as a real wire. */
function interfaces(): Finding[] {
  return interfaceNames().flatMap((name) => {
    const parts = entriesOf(`/sys/class/net/${name}`);
    return parts.includes('device') ? [interfaceFinding(name, parts)] : [];
  });
}

function interfaceFinding(name: string, parts: readonly string[]): Finding {
  if (parts.includes('wireless') || parts.includes('phy80211')) {
    return warn(
      name,
      "Wi-Fi: the access point drops frames from any MAC address but the card's own",
      'use a cable between the two machines, or --bench netns',
    );
  }
  const on = offloadsOn(name);
  if (on === undefined) return info(name, 'its offloads cannot be read');
  if (on.length === 0)
    return ok(name, 'no offloads: captures show what is on the wire (a run that was killed leaves them off)');
  // A run switches them off and on again; only who captures by hand is concerned.
  return {
    ...info(
      name,
      `offloads on (${on.join(', ')}): captures made by hand show frames that never were on the wire`,
    ),
    remedy: `sudo ethtool -K ${name} ${on.map((offload) => `${offload} off`).join(' ')}`,
  };
}

const ETHTOOL_NAMES = {
  rxChecksum: 'rx',
  txChecksum: 'tx',
  tcpSegmentation: 'tso',
  genericSegmentation: 'gso',
  genericReceive: 'gro',
} as const;

/** @returns names as ethtool knows them; undefined when the driver or our rights do not tell */
function offloadsOn(name: string): string[] | undefined {
  try {
    const offloads = readOffloads(name);
    const names = Object.keys(ETHTOOL_NAMES) as (keyof typeof ETHTOOL_NAMES)[];
    return names.filter((offload) => offloads[offload]).map((offload) => ETHTOOL_NAMES[offload]);
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
