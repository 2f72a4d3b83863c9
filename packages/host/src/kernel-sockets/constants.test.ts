import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import {
  AF,
  EPOLL,
  EPOLL_CTL,
  FCNTL,
  IOCTL,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  O,
  POLL,
  SHUT,
  SO,
  SOCK,
  SOL,
  TCP,
} from './constants.ts';
import { tcpInfoLayout } from './tcp-info.ts';

const { test } = needs('linux', 'cc');

const headers = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/netlink.h>
#ifndef SOL_TCP
#define SOL_TCP 6
#define SOL_UDP 17
#endif
`;

/** What the system's own headers say of each C expression; absent where these headers are too old to know it. */
function evaluate(
  expressions: readonly string[],
  isMacro: (expression: string) => boolean,
): Map<string, number> {
  const lines = expressions.map((expression) => {
    const line = `printf("%s %lld\\n", "${expression}", (long long)(int)(${expression}));`;
    return isMacro(expression) ? `#ifdef ${expression}\n${line}\n#endif` : line;
  });
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-constants-'));
  try {
    writeFileSync(join(folder, 'ask.c'), `${headers}\nint main(void) {\n${lines.join('\n')}\nreturn 0; }\n`);
    execFileSync('cc', ['-w', 'ask.c', '-o', 'ask'], { cwd: folder });
    const answers = execFileSync(join(folder, 'ask'), { encoding: 'utf8' });
    return new Map(
      Array.from(answers.matchAll(/^(.+) (-?\d+)$/gm), ([, name, value]) => [name, Number(value)]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('each constant has the value that the system headers give its name', () => {
  const groups = { AF, SOCK, IPPROTO, SOL, SO, TCP, IP, IPV6, MSG, SHUT, POLL, EPOLL, EPOLL_CTL };
  const ours = new Map<string, number>();
  for (const [group, values] of Object.entries(groups)) {
    const prefix = group === 'POLL' ? 'POLL' : group === 'EPOLL' ? 'EPOLL' : `${group}_`;
    for (const [name, value] of Object.entries(values)) ours.set(`${prefix}${name}`, value);
  }
  for (const [name, value] of Object.entries(FCNTL)) ours.set(`F_${name}`, value);
  for (const [name, value] of Object.entries(O)) ours.set(`O_${name}`, value);
  for (const [name, value] of Object.entries(IOCTL)) ours.set(name, value);
  // These are members of an enum, or macros of themselves; the preprocessor cannot ask for the former.
  const enumerated = /^(SOCK|SHUT|MSG|EPOLL[A-Z]+$)/;
  const theirs = evaluate([...ours.keys()], (name) => !enumerated.test(name));
  expect(theirs.size).toBeGreaterThan(ours.size - 10);
  for (const [name, value] of theirs) expect([name, ours.get(name)]).toEqual([name, value]);
});

test('each field of TCP_INFO lies where the system headers have it', () => {
  // Fields that came after Linux 6.1, whose headers Debian 12 has, are at the end: what is before them holds them in place.
  const known = tcpInfoLayout.filter(([name]) => name.startsWith('tcpi_') && !isNew(name));
  const offset = (name: string) => `offsetof(struct tcp_info,${name})`;
  const theirs = evaluate(
    known.map(([name]) => offset(name)),
    () => false,
  );
  let at = 0;
  const ours = new Map(tcpInfoLayout.map(([name, size]) => [name as string, (at += size) - size]));
  for (const [name] of known) expect([name, ours.get(name)]).toEqual([name, theirs.get(offset(name))]);
});

function isNew(name: string): boolean {
  return /^tcpi_(rcv_wnd|rehash|total_rto)/.test(name);
}
