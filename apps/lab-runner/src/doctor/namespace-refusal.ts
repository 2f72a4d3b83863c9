/** Why a machine refuses network namespaces, from the switches that can be read without trying. */
import { contentOf, type MachineFacts } from './machine-facts.ts';

export interface NamespaceSwitches {
  readonly root: boolean;
  /** `user.max_user_namespaces`; undefined where the kernel has no such switch. */
  readonly maxUserNamespaces: number | undefined;
  /** Debian's older switch: 0 forbids. */
  readonly unprivilegedClone: number | undefined;
  /** Ubuntu 23.10 and later: 1 forbids for programs without an AppArmor profile. */
  readonly appArmorRestricts: number | undefined;
}

export interface Refusal {
  readonly reason: string;
  /** A command that mends it. */
  readonly remedy: string;
}

export function namespaceSwitches(): NamespaceSwitches {
  return {
    root: process.getuid?.() === 0,
    maxUserNamespaces: number('/proc/sys/user/max_user_namespaces'),
    unprivilegedClone: number('/proc/sys/kernel/unprivileged_userns_clone'),
    appArmorRestricts: number('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
  };
}

/**
 * The likeliest reason, to be asked for once a try has failed.
 *
 * @param error what the system said to the try
 */
export function explainRefusal(
  switches: NamespaceSwitches,
  facts: Pick<MachineFacts, 'platform' | 'wsl' | 'container'>,
  error: string,
): Refusal {
  if (facts.platform !== 'linux') {
    return { reason: 'only Linux has network namespaces', remedy: './tcblab run handshake --bench virtual' };
  }
  if (facts.wsl === 'WSL1') {
    return { reason: 'WSL 1 has no network namespaces', remedy: 'wsl --set-version <distribution> 2' };
  }
  if (facts.container !== undefined) {
    return {
      reason: `this container (${facts.container}) forbids namespaces: ${error}`,
      remedy: `docker run --cap-add=NET_ADMIN --cap-add=NET_RAW --cap-add=SYS_ADMIN --security-opt apparmor=unconfined …`,
    };
  }
  if (!switches.root && switches.appArmorRestricts === 1) {
    return {
      reason: 'AppArmor forbids user namespaces to ordinary programs, as on Ubuntu since 23.10',
      remedy: 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    };
  }
  if (!switches.root && switches.unprivilegedClone === 0) {
    return {
      reason: 'user namespaces are switched off for ordinary users',
      remedy: 'sudo sysctl -w kernel.unprivileged_userns_clone=1',
    };
  }
  if (!switches.root && switches.maxUserNamespaces === 0) {
    return {
      reason: 'this kernel allows no user namespaces',
      remedy: 'sudo sysctl -w user.max_user_namespaces=15000',
    };
  }
  return switches.root
    ? {
        reason: `root may not make namespaces here: ${error}`,
        remedy: 'run outside the sandbox that forbids it',
      }
    : { reason: `ordinary users may not make namespaces here: ${error}`, remedy: 'sudo ./tcblab start' };
}

function number(path: string): number | undefined {
  const text = contentOf(path);
  return text === undefined ? undefined : Number(text);
}
