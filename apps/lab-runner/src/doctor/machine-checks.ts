/** The machine itself: system, Node, clock, memory, disk, tools. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inBytes } from '../terminal/bytes.ts';
import { fail, info, ok, warn, type Check, type Finding } from './finding.ts';
import { findProgram } from './find-program.ts';
import { contentOf, type MachineFacts } from './machine-facts.ts';

/** The oldest Node that strips types and has what we use; the bootstrap brings a newer one. */
const OLDEST_NODE = [22, 18] as const;

/** @param runsFolder where results will be written */
export function machineChecks(facts: MachineFacts, runsFolder: string): Check[] {
  return [
    { title: 'system', look: () => [system(facts)] },
    { title: 'node', look: () => [node(facts.node)] },
    { title: 'clock', look: () => clock(facts) },
    { title: 'disk', look: () => [disk(runsFolder)] },
    { title: 'tools', look: tools },
  ];
}

function system(facts: MachineFacts): Finding {
  const where = `${facts.distribution}, kernel ${facts.kernel}, ${facts.arch}, ${facts.cores} cores, ${inBytes(facts.memoryBytes)}`;
  if (facts.platform !== 'linux') {
    return warn(
      'system',
      `${where}: only the virtual bench runs here`,
      './tcblab run handshake --bench virtual',
    );
  }
  if (facts.wsl === 'WSL1') {
    return fail('system', `${where}: WSL 1 has no packet sockets`, 'wsl --set-version <distribution> 2');
  }
  const inside = [
    facts.wsl === 'WSL2' ? 'WSL 2' : undefined,
    facts.container && `in a container (${facts.container})`,
  ];
  const notes = inside.filter((note) => note !== undefined);
  return info('system', [where, ...notes].join('; '));
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  return old
    ? fail(
        'node',
        `${version} is older than ${OLDEST_NODE.join('.')}`,
        'run ./tcblab, which brings its own Node',
      )
    : ok('node', `${version} (${process.execPath})`);
}

function clock(facts: MachineFacts): Finding[] {
  if (new Date().getFullYear() < 2025) {
    return [warn('clock', `says ${new Date().toISOString()}`, 'sudo timedatectl set-ntp true')];
  }
  if (facts.platform !== 'linux') return [ok('clock', 'runs')];
  const source =
    contentOf('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim() ?? 'unknown';
  // Slow sources need a system call for each look at the time, and captures look at it for each frame.
  if (/^(acpi_pm|hpet|refined-jiffies|jiffies)$/.test(source)) {
    return [
      warn(
        'clock',
        `source ${source} is slow to read`,
        'boot with the kernel option tsc=reliable, if your processor has it',
      ),
    ];
  }
  const synchronised = output('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const detail = `source ${source}`;
  if (synchronised === 'no') {
    return [
      warn(
        'clock',
        `${detail}; not synchronised, so captures of two machines will not line up`,
        'sudo timedatectl set-ntp true',
      ),
    ];
  }
  return [ok('clock', synchronised === 'yes' ? `${detail}, synchronised` : detail)];
}

const SPACE_WANTED = 1024 ** 3;
const SPACE_NEEDED = 64 * 1024 ** 2;

function disk(runsFolder: string): Finding {
  let folder = resolve(runsFolder);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return fail(
      'disk',
      `${folder} cannot be written by you`,
      'change to a folder of yours, or run with --out FOLDER',
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const detail = `${inBytes(free)} free for results in ${folder}`;
  if (free < SPACE_NEEDED) return fail('disk', detail, './tcblab clean --all');
  if (free < SPACE_WANTED) return warn('disk', detail, './tcblab clean --all');
  return ok('disk', detail);
}

interface Tool {
  readonly program: string;
  readonly apt: string;
  readonly use: string;
}

/** None of these is needed to run; each makes something better. */
const TOOLS: readonly Tool[] = [
  { program: 'tshark', apt: 'tshark', use: 'reads captures in a terminal; tests compare with it' },
  { program: 'wireshark', apt: 'wireshark', use: 'shows captures in a window' },
  {
    program: 'cc',
    apt: 'gcc libc6-dev',
    use: 'compiles a native addon that was changed; the C side of benchmarks',
  },
  { program: 'ip', apt: 'iproute2', use: 'looks at interfaces by hand' },
  { program: 'ethtool', apt: 'ethtool', use: 'looks at offloads by hand' },
  { program: 'tcpdump', apt: 'tcpdump', use: 'a second opinion on a wire' },
];

function tools(): Finding[] {
  if (process.platform !== 'linux') return [];
  return TOOLS.map(({ program, apt, use }) => {
    const found = findProgram(program);
    return found === undefined
      ? { ...info(program, `optional, not installed: ${use}`), remedy: `sudo apt install ${apt}` }
      : ok(program, found);
  });
}

/** What a program prints, trimmed; undefined when it cannot be run or fails. */
function output(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 3_000,
    }).trim();
  } catch {
    return undefined;
  }
}
