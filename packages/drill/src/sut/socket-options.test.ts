import { expect, test } from 'vitest';
import { runScript } from '../script/run-script.ts';

const OPEN = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1460>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

const then = (text: string, before = OPEN) => {
  const { verdict, reason } = runScript({ text: before + text });
  return verdict === 'pass' ? verdict : `${verdict}: ${reason}`;
};

test.each([
  ['SOL_SOCKET', 'SO_RCVBUF', '20000', '20000'],
  ['SOL_SOCKET', 'SO_SNDBUF', '20000', '20000'],
  ['SOL_SOCKET', 'SO_KEEPALIVE', '1', '1'],
  ['SOL_SOCKET', 'SO_OOBINLINE', '1', '1'],
  ['SOL_TCP', 'TCP_NODELAY', '1', '1'],
  ['SOL_TCP', 'TCP_CORK', '1', '1'],
  ['SOL_TCP', 'TCP_KEEPIDLE', '7', '7'],
  ['SOL_TCP', 'TCP_KEEPINTVL', '7', '7'],
  ['SOL_TCP', 'TCP_KEEPCNT', '7', '7'],
  ['SOL_TCP', 'TCP_USER_TIMEOUT', '3000', '3000'],
  ['SOL_TCP', 'TCP_SYNCNT', '3', '3'],
  ['SOL_TCP', 'TCP_LINGER2', '5', '5'],
  ['SOL_TCP', 'TCP_MAXSEG', '1000', '1000'],
])('%s %s reads as it was set', (level, name, value, read) => {
  const set = `+0 setsockopt(4, ${level}, ${name}, [${value}], 4) = 0\n`;
  expect(then(`${set}+0 getsockopt(4, ${level}, ${name}, [${read}], [4]) = 0\n`)).toBe('pass');
});

test.each([
  ['SOL_TCP', 'TCP_KEEPIDLE', '[0]', 'EINVAL'],
  ['SOL_TCP', 'TCP_KEEPCNT', '[128]', 'EINVAL'],
  ['SOL_TCP', 'TCP_SYNCNT', '[0]', 'EINVAL'],
  ['SOL_TCP', 'TCP_MAXSEG', '[8]', 'EINVAL'],
  ['SOL_TCP', 'TCP_CONGESTION', '"nonesuch"', 'ENOENT'],
  ['SOL_TCP', 'TCP_NOPE', '[1]', 'ENOPROTOOPT'],
])('%s %s refuses %s', (level, name, value, errno) => {
  expect(then(`+0 setsockopt(4, ${level}, ${name}, ${value}, 4) = -1 ${errno}\n`)).toBe('pass');
});

test('a cork holds small writes back until it is drawn, or for 200 ms', () => {
  const cork = `+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0\n+0 write(4, ..., 100) = 100\n`;
  const drawn = `+.1 setsockopt(4, SOL_TCP, TCP_CORK, [0], 4) = 0\n+0 > P. 1:101(100) ack 1\n`;
  expect(then(cork + drawn)).toBe('pass');
  expect(then(`${cork}+.2 > P. 1:101(100) ack 1\n`)).toBe('pass');
  const more = `+0 send(4, ..., 100, MSG_MORE) = 100\n+0 write(4, ..., 100) = 100\n+0 > P. 1:201(200) ack 1\n`;
  expect(then(more)).toBe('pass');
});

test('a poll waits no longer than its timeout, and no longer than for what it asks', () => {
  const poll = (revents: string, count: number) =>
    `poll([{fd=4, events=POLLIN, revents=${revents}}], 1, 500) = ${count}\n`;
  expect(then(`+0...0.5 ${poll('0', 0)}`)).toBe('pass');
  expect(then(`+0...0.1 ${poll('POLLIN', 1)}+.1 < P. 1:11(10) ack 1 win 65535\n`)).toBe('pass');
  expect(then(`+0...0.4 ${poll('0', 0)}`)).toContain('it has not returned');
  const epoll = `+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0
+0...0.25 epoll_wait(5, {events=..., fd=4}, 1, 250) = 0
`;
  expect(then(epoll)).toBe('pass');
});

test('a listener that defers hands out what has something to say', () => {
  const before = OPEN.replace(
    '+0 listen',
    '+0 setsockopt(3, SOL_TCP, TCP_DEFER_ACCEPT, [5], 4) = 0\n+0 listen',
  ).replace('+0 accept(3, ..., ...) = 4\n', '+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n');
  const body = `+0 accept(3, ..., ...) = -1 EAGAIN (Resource temporarily unavailable)
+.1 < P. 1:11(10) ack 1 win 65535
+0 accept(3, ..., ...) = 4
+0 read(4, ..., 100) = 10
`;
  expect(then(body, before)).toBe('pass');
});

test('a close that lingers gives up when its time is over', () => {
  const close = `+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, 8) = 0
+0...2 close(4) = 0
+0 > F. 1:1(0) ack 1
+1 > F. 1:1(0) ack 1
`;
  expect(then(close)).toBe('pass');
});

test('a smaller send buffer takes less, and the options of a listener are those of what it accepts', () => {
  const before = OPEN.replace(
    '+0 listen',
    '+0 setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n+0 setsockopt(3, SOL_SOCKET, SO_SNDBUF, [1000], 4) = 0\n+0 listen',
  );
  const body = `+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0
+0 write(4, ..., 5000) = 1000
+0 > P. 1:1001(1000) ack 1
`;
  expect(then(body, before)).toBe('pass');
});
