/** `doctor`: what this machine can do, one line per look, each with the command that mends it. */
import { machineChecks } from '../doctor/machine-checks.ts';
import { machineFacts } from '../doctor/machine-facts.ts';
import { wireChecks } from '../doctor/wire-checks.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Surroundings } from '../program.ts';
import type { Style } from '../terminal/style.ts';
import { RUNS_FOLDER } from '../run/run-folder.ts';

/** @returns 0 when the default bench can run, else 3 */
export async function doctor(around: Surroundings, options: { json?: boolean }): Promise<number> {
  const { stream, style } = around.out;
  const facts = machineFacts();
  const checks = [...machineChecks(facts, RUNS_FOLDER), ...wireChecks(facts)];
  const findings: Finding[] = [];
  for (const check of checks) {
    if (around.signal.aborted) return 130;
    const seen = await check.look();
    findings.push(...seen);
    if (!options.json) for (const finding of seen) stream.write(shown(finding, style));
  }
  const able = findings.every((finding) => finding.level !== 'fail');
  if (options.json) {
    stream.write(`${JSON.stringify({ version: 1, able, facts, findings }, null, 2)}\n`);
  } else {
    stream.write(`\n${summary(findings, able, style)}\n`);
  }
  return able ? 0 : 3;
}

function shown(finding: Finding, style: Style): string {
  const sign = {
    ok: style.green('ok  '),
    info: style.dim('    '),
    warn: style.yellow('warn'),
    fail: style.red('FAIL'),
  };
  const line = `${sign[finding.level]} ${finding.title.padEnd(16)} ${finding.detail}\n`;
  return finding.remedy === undefined
    ? line
    : `${line}${' '.repeat(22)}${style.bold('→')} ${style.cyan(finding.remedy)}\n`;
}

function summary(findings: readonly Finding[], able: boolean, style: Style): string {
  const warnings = findings.filter((finding) => finding.level === 'warn').length;
  const beside =
    warnings === 0
      ? ''
      : ` ${warnings} ${warnings === 1 ? 'line warns' : 'lines warn'}; each says what mends it.`;
  return able
    ? `${style.green('This machine can run every bench of ./tcblab run.')}${beside}`
    : `${style.red('The default bench cannot run here yet.')} Mend the lines marked FAIL, or use ${style.cyan('--bench virtual')}.${beside}`;
}
