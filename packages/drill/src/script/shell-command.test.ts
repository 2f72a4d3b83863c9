import { expect, test } from 'vitest';
import { meaningOf } from './shell-command.ts';
import { settingsOf } from './profile.ts';

const count = { kind: 'count', state: 'TIME-WAIT', text: null, header: 0, wanted: '1', whole: true };

test.each([
  ['ss -Htan state time-wait | wc -l | grep -qx 1', [count]],
  ['ss -tan state time-wait | wc -l | grep -qx 1', [{ ...count, header: 1 }]],
  ['sockstat -4 -s | grep -c TIME_WAIT | grep 1', [{ ...count, whole: false }]],
  ['netstat -ant | grep -c TIME_WAIT | grep -x 1', [count]],
  [
    'sysctl -w net.ipv4.tcp_sack=0; sleep 0.5',
    [
      { kind: 'set', name: 'net.ipv4.tcp_sack', value: '0' },
      { kind: 'sleep', micros: 500_000 },
    ],
  ],
  [
    'sysctl -q net.ipv4.tcp_rmem="4096 131072 1" > /dev/null && true',
    [{ kind: 'set', name: 'net.ipv4.tcp_rmem', value: '4096 131072 1' }],
  ],
  [
    '../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0',
    [{ kind: 'set', name: 'net.ipv4.tcp_sack', value: '0' }],
  ],
  ['../common/defaults.sh', []],
  ['tcpdrop -a', [{ kind: 'drop' }]],
])('%s has a meaning', (command, meaning) => {
  expect(meaningOf(command)).toEqual(meaning);
});

test.each([
  'ss -Htan state no-such | wc -l | grep -qx 1',
  'ss -Htan sport = :80 | wc -l | grep -qx 1',
  'ss -Htan | head -1',
  'ip route add x',
  'cat /etc/passwd | grep root',
  'sysctl -a',
  'echo 1 > /tmp/x',
  'sleep',
])('%s has none', (command) => {
  expect(meaningOf(command)).toHaveProperty('unsupported');
});

test('sysctls of both families, and our own names, mean settings', () => {
  expect(settingsOf('net.ipv4.tcp_rmem', '4096 131072 6291456')).toEqual({ receiveBuffer: 131_072 });
  expect(settingsOf('net.inet.tcp.msl', '500')).toEqual({ msl: 500_000 });
  expect(settingsOf('tcblab.nagle', '0')).toEqual({ nagle: 0 });
  expect(settingsOf('tcblab.toString', '0')).toBe(null);
  expect(settingsOf('net.ipv4.tcp_no_such', '0')).toBe(null);
});
