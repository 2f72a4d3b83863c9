/** The command line: its verbs, their options, and the pages that explain them. */
import { Command, Option } from 'commander';
import type { Terminal } from './terminal/style.ts';
import { addLabVerbs } from './lab-verbs.ts';
import { addServerVerbs } from './server-verbs.ts';
import { rootHelp } from './root-help.ts';
import { scenarioTable } from './run/scenario-library.ts';
import { VERSION } from './version.ts';

/** What a verb may touch of its surroundings. */
export interface Surroundings {
  /** For results: what a user would pipe on. */
  readonly out: Terminal;
  /** For progress and problems. */
  readonly err: Terminal;
  /** Aborted when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Each verb is loaded when it is asked for, so that help is quick.
 *
 * @param finish receives the exit code of the verb that ran
 */
export function createProgram(around: Surroundings, finish: (code: number) => void): Command {
  const { style } = around.out;
  const program = new Command('tcblab');
  program
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'explain a verb')
    .configureHelp({ styleTitle: style.bold, styleCommandText: style.cyan, styleOptionText: style.cyan })
    .configureOutput({
      writeOut: (text) => void around.out.stream.write(text),
      writeErr: (text) => void around.err.stream.write(text),
      // Shown by main, in the form of every other problem.
      outputError: () => {},
      getOutHasColors: () => style.isColorSupported,
      getErrHasColors: () => around.err.style.isColorSupported,
    })
    .exitOverride();
  program.helpInformation = () => rootHelp(program, style);

  /** A verb of the program, with the manners that all of them share. */
  const verb = (usage: string, group: string): Command => program.command(usage).helpGroup(group);
  const TRY = 'Run something';
  const MACHINE = 'Look after the machine';
  const INSIDE = 'Internals';

  verb('run [scenario]', TRY)
    .usage('<scenario> [options]')
    .summary('run one scenario between two hosts and judge what was on the wire')
    .description(
      'Run one scenario between host A and host B, capture every frame at both ends, and judge what was seen.\n' +
        'A scenario is a name from labs/scenarios, or the path of a .yaml file of yours.',
    )
    .option('--bench <kind>', 'virtual (in memory, any system) or netns (two network namespaces)', 'netns')
    .option('--a <tcp>', "host A's TCP: reference (ours), kernel (Linux), or a folder of yours", 'reference')
    .option('--b <tcp>', "host B's TCP: the same", 'reference')
    .option('--ipv6', 'let the hosts speak IPv6 with each other')
    .option('--loss <share>', 'lose this share of the frames, each way: 2% or 0.02')
    .option('--duplicate <share>', 'send this share of the frames twice')
    .option('--reorder <share>', 'let this share of the frames be overtaken')
    .option('--corrupt <share>', 'flip one bit in this share of the frames')
    .option('--delay <time>', 'hold each frame this long, each way: 500us, 20ms, 1s')
    .option('--seed <number>', 'repeat the chance of an earlier run; new and printed when not given')
    .option('--out <folder>', 'write the bundle here; the folder must not exist or be empty')
    .option('--json', 'print the result as JSON and nothing else')
    .addHelpText('after', () => `\n${style.bold('Scenarios:')}\n${scenarioTable()}`)
    .addHelpText(
      'after',
      examples(
        ['tcblab run handshake', 'our TCP at both ends, two namespaces'],
        ['tcblab run handshake --b kernel', "our TCP against Linux's"],
        ['tcblab run handshake --b kernel --ipv6', 'the same over IPv6'],
        ['tcblab run handshake --bench virtual', 'in memory, needs nothing'],
        ['tcblab run handshake --loss 10% --seed 1', 'the same losses every time'],
        ['tcblab run my/scenario.yaml --out run1', 'a scenario of yours, bundle in run1/'],
      ),
    )
    .action(async (scenario, options) => {
      const { run } = await import('./verbs/run.ts');
      finish(await run(around, scenario, options));
    });

  verb('script <paths...>', TRY)
    .summary("run packetdrill scripts against a TCP: ours, the kernel's or a program's")
    .description(
      'Run packetdrill scripts (.pkt), files or folders of them, against our TCP in virtual time: the same outcome every ' +
        'time. A failure names the line, what was expected, what came, and every packet up to there.\n' +
        "The same files run against Linux's TCP in a namespace, in real time, and against any program that speaks the\n" +
        'child protocol (docs/child-protocol.md).',
    )
    .option('--sut <tcp>', 'reference (ours), kernel (Linux), a folder of yours, or a program', 'reference')
    .addOption(
      new Option(
        '--bench <kind>',
        'virtual (in memory, virtual time) or netns (a wire between two namespaces, real time); ' +
          'virtual by default, netns for the kernel',
      ).choices(['virtual', 'netns']),
    )
    .option('--tolerance <time>', 'how far times may be off where a script does not say: 10ms; netns has 4ms')
    .addOption(
      new Option(
        '--match <mode>',
        'exact, or semantic: what each packet means, and a list of what was let pass',
      )
        .choices(['exact', 'semantic'])
        .default('exact'),
    )
    .addOption(
      new Option('--profile <name>', 'the settings that the scripts assume')
        .choices(['rfc', 'linux', 'freebsd'])
        .default('rfc'),
    )
    .addOption(
      new Option('--ip-version <version>', 'run over this version of IP, whatever the scripts say').choices([
        'ipv4',
        'ipv6',
      ]),
    )
    .option('--jobs <number>', 'run in so many threads; 1 by default, and with --prove as many as processors')
    .option('--prove', 'run each script against broken TCPs too, and name those that it notices')
    .option('--json', 'print the results as JSON and nothing else')
    .option(
      '--out <folder>',
      'write a capture and a ladder for each script, and result.json, into this folder',
    )
    .addHelpText(
      'after',
      examples(
        ['tcblab script labs/scripts', 'all scripts of the project'],
        ['tcblab script my.pkt --profile linux', 'a script written for Linux'],
        ['tcblab script my.pkt --match semantic', 'by meaning, whatever options and windows'],
        ['tcblab script my.pkt --sut kernel --profile linux', "Linux's TCP, in a namespace, in real time"],
        ['tcblab script my.pkt --sut ./my-tcp', 'a program that speaks the child protocol'],
        ['tcblab script labs/scripts/states --ip-version ipv6', 'the same segments over IPv6'],
        ['tcblab script labs/scripts/teardown --out seen', 'with captures for Wireshark'],
        ['tcblab script labs/scripts --prove', 'what each script notices of broken TCPs'],
      ),
    )
    .action(async (paths, options) => {
      const { script } = await import('./verbs/script.ts');
      finish(await script(around, paths, options));
    });

  verb('soak', TRY)
    .summary('try our TCP in random worlds, one after the other, and keep its invariants')
    .description(
      'Let two of our stacks and two programs meet over a bad wire, as a seed draws it: loss, reordering, damage, tiny windows,\n' +
        'wrapped sequence numbers, narrow roads, ICMP that is true or a lie. After every step the invariants are checked;\n' +
        'what arrives must be what was sent, and every connection must end. A world that breaks is named by its seed.',
    )
    .option('--seconds <number>', 'begin no world after this long', '10')
    .option('--worlds <number>', 'run at most so many worlds')
    .option('--seed <number>', 'the first world; new and printed when not given')
    .option('--json', 'print the result as JSON and nothing else')
    .addHelpText(
      'after',
      examples(
        ['tcblab soak --seconds 60', 'a minute of worlds that nobody has seen'],
        ['tcblab soak --seed 7 --worlds 1', 'one world again'],
      ),
    )
    .action(async (options) => {
      const { soak } = await import('./verbs/soak.ts');
      finish(await soak(around, options));
    });

  verb('ss', TRY)
    .summary('list the connections and their states at each host of a run that is alive')
    .description(
      'List every connection and listener at each host of the runs that are alive on this machine, as `ss -tan` does for\n' +
        "the kernel: our TCP's own, and the kernel's sockets in its namespace. Ask from a second terminal.",
    )
    .option('--json', 'print the list as JSON and nothing else')
    .addHelpText(
      'after',
      `
${style.bold('How to read it:')}
  State   where the connection stands in the diagram of RFC 9293: SYN-RECEIVED is half-open, TIME-WAIT waits for
          late segments, CLOSE-WAIT waits for its own application to close.
  Recv-Q  octets that came and were not read. Of LISTEN: connections that wait for accept().
  Send-Q  octets that were sent or wait to be, and are not acknowledged. Of LISTEN: how many may wait.
  Timer   what happens next if no segment comes, and when.

A run in virtual time is over before it could be asked: only --bench netns is listed.
Each run listens on a Unix socket below the system's folder for temporary files, which only its user can open.`,
    )
    .addHelpText(
      'after',
      examples(
        ['tcblab ss', 'while ./tcblab run transfer --loss 10% is busy elsewhere'],
        ['tcblab ss --json', 'for a script of yours'],
      ),
    )
    .action(async (options) => {
      const { ss } = await import('./verbs/ss.ts');
      finish(await ss(around, options));
    });

  addLabVerbs({ verb, examples, around, finish });
  addServerVerbs({ verb, examples, around, finish });

  verb('start', TRY)
    .summary('the main job: our TCP and the Linux kernel shake hands on a wire (npm start)')
    .description(
      "Run the scenario `handshake` between our TCP on host A and the Linux kernel's on host B, over a veth pair.\n" +
        'Where this machine refuses namespaces, both hosts are ours and live in memory, and a line says so.',
    )
    .addHelpText('after', examples(['tcblab start', 'what npm start does once all is set up']))
    .action(async () => {
      const { start } = await import('./verbs/start.ts');
      finish(await start(around));
    });

  verb('doctor', MACHINE)
    .summary('check what this machine can do, and say how to mend the rest')
    .description('Check what this machine can do. Each line that is not ok names the command that mends it.')
    .option('--json', 'print the findings as JSON and nothing else')
    .addHelpText('after', examples(['tcblab doctor', 'before a lab, or when something is odd']))
    .action(async (options) => {
      const { doctor } = await import('./verbs/doctor.ts');
      finish(await doctor(around, options));
    });

  verb('clean', MACHINE)
    .summary('remove what earlier runs left: processes, half-written folders, results, caches')
    .description(
      'Remove what runs left behind: processes of ours without a runner, and folders that were never finished.\n' +
        'Results are kept unless you ask.',
    )
    .option('--runs', 'also remove the results in tcblab-runs')
    .option('--all', 'also remove results and caches')
    .option('--dry-run', 'only say what would go')
    .addHelpText(
      'after',
      examples(['tcblab clean --dry-run', 'look first'], ['tcblab clean --runs', 'forget all results here']),
    )
    .action(async (options) => {
      const { clean } = await import('./verbs/clean.ts');
      finish(await clean(around, options));
    });

  verb('benchmark', MACHINE)
    .summary('measure speed against plain C and the kernel on this machine')
    .description(
      'Measure codec, stacks in memory, virtual time, driver, bulk transfer, a flood of SYNs and capture writing. Most ' +
        'figures are ratios within one run on this machine, so that they can be compared between machines.',
    )
    .addOption(new Option('--only <names...>', 'only these, such as codec or bulk'))
    .option('--json', 'print the figures as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExit codes: 0, every bar was met that could be measured; 1, one was missed; 3, a suite failed.',
    )
    .addHelpText('after', examples(['tcblab benchmark --only codec', 'one of them']))
    .action(async (options) => {
      const { benchmark } = await import('./verbs/benchmark.ts');
      finish(await benchmark(around, options));
    });

  verb('agent', INSIDE)
    .summary("one host's work, spoken to over its standard input and output; `run` starts two")
    .description(
      "One host's work: frames, TCP, capture and trace. It is told what to do over its standard input and answers on\n" +
        'its standard output. It ends when its input closes.',
    )
    .action(async () => {
      const { agent } = await import('./verbs/agent.ts');
      finish(await agent());
    });

  for (const command of program.commands) {
    command.configureHelp({ styleTitle: style.bold, styleOptionText: style.cyan });
    command.exitOverride();
    for (const inner of command.commands) {
      inner.configureHelp({ styleTitle: style.bold, styleOptionText: style.cyan });
      inner.exitOverride();
    }
  }
  return program;

  function examples(...lines: readonly (readonly [string, string])[]): string {
    const width = Math.max(...lines.map(([command]) => command.length));
    const shown = lines.map(([command, why]) => `  ${style.cyan(`./${command}`.padEnd(width + 2))}  ${why}`);
    return `\n${style.bold('Examples:')}\n${shown.join('\n')}\n`;
  }
}
