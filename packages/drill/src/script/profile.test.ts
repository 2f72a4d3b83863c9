/** Profiles are the core's own, and docs/settings.md tells all of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultSettings, profiles as ofCore } from '@tcblab/tcp';
import { expect, test } from 'vitest';
import { linuxSysctl, profiles, settingsOf } from './profile.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const source = readFileSync(`${root}packages/tcp/src/tcb/settings.ts`, 'utf8');

const NAMES = ['rfc', 'linux', 'freebsd'] as const;

test('scripts assume what the core has under the same name', () => {
  for (const name of NAMES) {
    const numbers = Object.entries(ofCore[name]).map(([setting, value]) => [setting, Number(value)]);
    expect(Object.entries(profiles[name])).toEqual(numbers);
    for (const [setting] of numbers) expect(Object.keys(defaultSettings)).toContain(setting);
  }
});

test('what a profile repeats of the RFCs it has by intention: at most its retries and delays', () => {
  for (const name of NAMES) {
    const same = Object.entries(ofCore[name]).filter(
      ([setting, value]) => Object.entries(defaultSettings).find(([one]) => one === setting)?.[1] === value,
    );
    expect(
      same.map(([setting]) => setting).filter((setting) => !/Retries|delayedAck|Probes/.test(setting)),
    ).toEqual([]);
  }
});

test('each setting can be set by its own name in a script', () => {
  for (const setting of Object.keys(defaultSettings)) {
    expect(settingsOf(`tcblab.${setting}`, '1')).toEqual({ [setting]: 1 });
  }
});

test.each([
  ['tcblab.sack', '1', 'net.ipv4.tcp_sack', '1'],
  ['tcblab.timestamps', '0', 'net.ipv4.tcp_timestamps', '0'],
  ['tcblab.keepAliveIdle', '60000000', 'net.ipv4.tcp_keepalive_time', '60'],
  ['tcblab.cubic', '0', 'net.ipv4.tcp_congestion_control', 'reno'],
])('%s=%s is %s=%s in Linux, and means the same', (name, value, sysctl, there) => {
  expect(linuxSysctl(name, value)).toEqual({ name: sysctl, value: there });
  expect(settingsOf(sysctl, there)).toEqual(settingsOf(name, value));
});

test('what Linux cannot say stays as it is', () => {
  for (const [name, value] of [
    ['tcblab.keepAliveIdle', '1500000'],
    ['tcblab.receiveBuffer', '1000'],
    ['net.inet.tcp.msl', '5'],
  ]) {
    expect(linuxSysctl(name, value)).toEqual({ name, value });
  }
});

test('docs/settings.md has a row for each setting', async () => {
  await expect(page()).toMatchFileSnapshot(`${root}docs/settings.md`);
});

function page(): string {
  const rows = Object.entries(defaultSettings).map(([name, value]) => {
    const cells = NAMES.slice(1).map((profile) => {
      const own = Object.entries(ofCore[profile]).find(([setting]) => setting === name);
      return own === undefined ? '' : show(name, own[1]);
    });
    return `| \`${name}\` | ${meaning(name)} | ${[show(name, value), ...cells].join(' | ')} |`;
  });
  return `# Settings and profiles

Each knob of our TCP has a name, a unit and the RFC's value as its default. \`createStack({ settings })\` takes any of them, a
script by \`sysctl -w tcblab.NAME=VALUE\`, with times in microseconds. A profile is a name for what a system changes:
\`profiles.linux\`, \`profiles.freebsd\`, and \`profiles.rfc\`, which changes nothing. \`./tcblab script --profile NAME\` uses the same.
An empty cell is as in the column \`rfc\`. What RFCs leave to choice, such as timestamps and SACK, is off there: a capture then
shows plain TCP.

One connection can have its own keep-alive (\`setKeepAlive\`), its own R2 or user timeout (\`setUserTimeout\`), and can tell it to
the peer (\`advertiseUserTimeout\`).

This page is written by a test: \`pnpm exec vitest run packages/drill/src/script/profile.test.ts -u\`.

| name | what it is | rfc | linux | freebsd |
| - | - | - | - | - |
${rows.join('\n')}
`;
}

/** What the source says of it. */
function meaning(name: string): string {
  const at = source.indexOf(`  readonly ${name}:`);
  const from = source.lastIndexOf('/**', at);
  const text = source
    .slice(from + 3, source.indexOf('*/', from))
    .replaceAll(/\s*\n\s*\*\s?/g, ' ')
    .replace(/[\s*]*@rfc.*/s, '')
    .trim();
  return text.replaceAll('|', '/');
}

const COUNTS = new Set(['userTimeoutOption', 'hopLimit']);
const OCTETS = new Set(['initialWindow', 'sendBuffer', 'receiveBuffer', 'minPathMtu']);
const TIMES = /Rto$|Limit$|^msl$|delayedAck|Override$|Age$|keepAliveIdle|keepAliveInterval|^userTimeout/;

function show(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const number = Number(value);
  if (OCTETS.has(name)) return `${number.toLocaleString('en')} octets`;
  if (!TIMES.test(name) || COUNTS.has(name)) return `${number}`;
  if (number === 0) return '0';
  return number < 1_000_000 ? `${number / 1000} ms` : `${number / 1_000_000} s`;
}
