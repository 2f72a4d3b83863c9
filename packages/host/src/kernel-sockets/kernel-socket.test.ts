import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  fillChecksum,
  Ipv4Header,
  parseAddress,
  PROTOCOL_TCP,
  pseudoHeaderSum,
  Segment,
  SYN,
  writeIpv4,
  writeSegment,
} from '@tcblab/tcp/wire';
import { needs } from '@tcblab/test-needs';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { createWire } from '../namespace/wire.ts';
import type { Wire } from '../namespace/wire.ts';
import {
  accept,
  AF,
  connect,
  destroySocket,
  Epoll,
  EPOLL,
  EPOLL_CTL,
  FCNTL,
  IPPROTO,
  KernelSocket,
  listSockets,
  MSG,
  O,
  POLL,
  poll,
  read,
  SHUT,
  SO,
  SOCK,
  SOL,
  TCP,
  write,
} from './index.ts';
import type { Outcome, SocketAddress } from './index.ts';

const { test, describe } = needs('netns');

const server = { family: 'ipv4', address: '10.77.0.2', port: 5000 } as const;
const server6 = { family: 'ipv6', address: 'fd00:77::2', port: 5000 } as const;

describe('sockets of the kernel, at both ends of a wire', () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await createWire({
      ipv6: true,
      ends: [
        { addresses: ['10.77.0.1/24', 'fd00:77::1/64'] },
        { addresses: ['10.77.0.2/24', 'fd00:77::2/64'] },
      ],
    });
  });
  afterAll(() => wire.close());

  const open: KernelSocket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
    // And what the kernel keeps after that, so that no test meets another's TIME-WAIT.
    for (const { namespace } of wire.hosts) {
      for (const listed of listSockets(namespace)) destroySocket(listed, namespace);
    }
  });

  /** A socket at end 0 or 1 that is closed with the test. */
  function tcpAt(end: 0 | 1, family: 'ipv4' | 'ipv6' = 'ipv4'): KernelSocket {
    const domain = family === 'ipv4' ? AF.INET : AF.INET6;
    return keep(wire.hosts[end].namespace.socket(domain, SOCK.STREAM, IPPROTO.TCP));
  }
  function keep(socket: KernelSocket): KernelSocket {
    open.push(socket);
    return socket;
  }
  function listener(address: SocketAddress = server, backlog = 8): KernelSocket {
    const socket = tcpAt(1, address.family);
    value(socket.setIntOption(SOL.SOCKET, SO.REUSEADDR, 1));
    value(socket.bind(address));
    value(socket.listen(backlog));
    return socket;
  }
  async function pair(address: SocketAddress = server) {
    const listening = listener(address);
    const client = tcpAt(0, address.family);
    value(await connect(client, address));
    const accepted = value(await accept(listening));
    return { listening, client, served: keep(accepted.socket), from: accepted.from };
  }
  const stateOf = (socket: KernelSocket) => value(socket.tcpInfo()).state;
  const states = (end: 0 | 1) => listSockets(wire.hosts[end].namespace).map(({ state }) => state);

  test.each([server, server6])('bytes go there and back over $family', async (address) => {
    const { client, served, from } = await pair(address);
    expect(from).toEqual(value(client.localAddress()));
    expect(value(client.remoteAddress())).toEqual(address);
    expect(value(served.localAddress())).toEqual(address);
    expect(await write(client, Buffer.from('hello'))).toEqual({ value: 5 });
    const into = new Uint8Array(100);
    expect(await read(served, into)).toEqual({ value: 5 });
    expect(Buffer.from(into.subarray(0, 5)).toString()).toBe('hello');
    expect(await write(served, into.subarray(0, 5))).toEqual({ value: 5 });
    expect(await read(client, into)).toEqual({ value: 5 });
  });

  test('megabytes arrive whole, written into a full buffer and read out of it', async () => {
    const { client, served } = await pair();
    const data = randomBytes(3_000_000);
    const hash = createHash('sha256');
    const receive = async () => {
      const into = new Uint8Array(65_536);
      for (;;) {
        const octets = value(await read(served, into));
        if (octets === 0) return;
        hash.update(into.subarray(0, octets));
      }
    };
    const send = async () => {
      expect(await write(client, data)).toEqual({ value: data.length });
      value(client.shutdown(SHUT.WR));
    };
    await Promise.all([receive(), send()]);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
  });

  test('after a half-close the other direction still carries data', async () => {
    const { client, served } = await pair();
    const into = new Uint8Array(10);
    value(client.shutdown(SHUT.WR));
    expect(await read(served, into)).toEqual({ value: 0 });
    await until(() => stateOf(client) === 'FIN-WAIT-2');
    expect(stateOf(served)).toBe('CLOSE-WAIT');
    expect(client.write(Buffer.from('x'))).toEqual({ errno: 'EPIPE' });
    value(served.write(Buffer.from('late')));
    expect(await read(client, into)).toEqual({ value: 4 });
    value(served.shutdown(SHUT.WR));
    expect(await read(client, into)).toEqual({ value: 0 });
  });

  test('the kernel answers each wrong step with its own errno', async () => {
    const fresh = tcpAt(0);
    expect(fresh.remoteAddress()).toEqual({ errno: 'ENOTCONN' });
    expect(fresh.read(new Uint8Array(1))).toEqual({ errno: 'ENOTCONN' });
    expect(fresh.shutdown(SHUT.RDWR)).toEqual({ errno: 'ENOTCONN' });
    expect(fresh.accept()).toEqual({ errno: 'EINVAL' });
    expect(fresh.bind({ ...server, address: '10.9.9.9' })).toEqual({ errno: 'EADDRNOTAVAIL' });
    expect(fresh.setIntOption(SOL.TCP, 9999, 1)).toEqual({ errno: 'ENOPROTOOPT' });
    expect(fresh.setIntOption(SOL.TCP, TCP.MAXSEG, 1)).toEqual({ errno: 'EINVAL' });
    expect(fresh.send(Buffer.from('x'), MSG.OOB)).toEqual({ errno: 'EPIPE' });

    const listening = listener();
    expect(listening.accept()).toEqual({ errno: 'EAGAIN' });
    expect(tcpAt(1).bind(server)).toEqual({ errno: 'EADDRINUSE' });

    const client = tcpAt(0);
    expect(client.connect(server)).toEqual({ errno: 'EINPROGRESS' });
    value(await client.ready(POLL.OUT));
    expect(client.connect(server)).toEqual({ value: 0 });
    expect(client.connect(server)).toEqual({ errno: 'EISCONN' });
    expect(client.read(new Uint8Array(1))).toEqual({ errno: 'EAGAIN' });

    expect(await connect(tcpAt(0), { ...server, port: 9 })).toEqual({ errno: 'ECONNREFUSED' });
    expect(tcpAt(0).connect({ ...server, address: '192.0.2.1' })).toEqual({ errno: 'ENETUNREACH' });
    expect(KernelSocket.open(999, SOCK.STREAM)).toEqual({ errno: 'EAFNOSUPPORT' });
  });

  test('a reset reaches the reader as ECONNRESET and the writer as EPIPE', async () => {
    const { client, served } = await pair();
    value(client.setLinger({ on: true, seconds: 0 }));
    expect(client.linger()).toEqual({ value: { on: true, seconds: 0 } });
    client.close();
    expect(await read(served, new Uint8Array(1))).toEqual({ errno: 'ECONNRESET' });
    expect(served.write(Buffer.from('x'))).toEqual({ errno: 'EPIPE' });
    expect(client.close()).toEqual({ errno: 'EBADF' });
  });

  test('SO_ERROR gives a waiting error once', async () => {
    const client = tcpAt(0);
    client.connect({ ...server, port: 9 });
    await client.ready(POLL.OUT);
    expect(client.takeError()).toEqual({ value: 'ECONNREFUSED' });
    expect(client.takeError()).toEqual({ value: null });
  });

  test('options of every shape are kept', async () => {
    const { client } = await pair();
    for (const [level, name, set, kept] of [
      [SOL.SOCKET, SO.KEEPALIVE, 1, 1],
      [SOL.SOCKET, SO.REUSEADDR, 1, 1],
      [SOL.SOCKET, SO.RCVBUF, 10_000, 20_000],
      [SOL.TCP, TCP.NODELAY, 1, 1],
      [SOL.TCP, TCP.CORK, 1, 1],
      [SOL.TCP, TCP.KEEPIDLE, 11, 11],
      [SOL.TCP, TCP.KEEPINTVL, 7, 7],
      [SOL.TCP, TCP.KEEPCNT, 3, 3],
      [SOL.TCP, TCP.USER_TIMEOUT, 30_000, 30_000],
    ] as const) {
      expect(client.setIntOption(level, name, set)).toEqual({ value: 0 });
      expect(client.intOption(level, name)).toEqual({ value: kept });
    }
    expect(client.intOption(SOL.TCP, TCP.MAXSEG)).toEqual({ value: 1448 });
    expect(client.textOption(SOL.TCP, TCP.CONGESTION)).toEqual({ value: 'reno' });
    expect(client.setTimeOption(SO.RCVTIMEO, 1_500_000)).toEqual({ value: 0 });
    expect(client.option(SOL.SOCKET, SO.RCVTIMEO, 16).value).toEqual(
      new Uint8Array(BigInt64Array.of(1n, 500_000n).buffer),
    );
    const flags = value(client.fcntl(FCNTL.GETFL));
    expect(flags & O.NONBLOCK).toBe(O.NONBLOCK);
  });

  test('queues are counted, and peeking leaves them as they are', async () => {
    const { client, served } = await pair();
    const into = new Uint8Array(10);
    value(client.write(Buffer.from('abcdef')));
    value(await served.ready(POLL.IN));
    expect(served.unread()).toEqual({ value: 6 });
    expect(served.receive(into, MSG.PEEK)).toEqual({ value: 6 });
    expect(served.receive(into.subarray(0, 2))).toEqual({ value: 2 });
    expect(served.unread()).toEqual({ value: 4 });
    expect(served.receiveMessage(into)).toMatchObject({ value: { octets: 4, flags: 0, from: null } });
    await until(() => value(client.unacknowledged()) === 0);
  });

  test('urgent data is read out of band', async () => {
    const { client, served } = await pair();
    value(client.send(Buffer.from('!'), MSG.OOB));
    value(await served.ready(POLL.PRI));
    const into = new Uint8Array(4);
    expect(served.receiveMessage(into, MSG.OOB)).toMatchObject({ value: { octets: 1, flags: MSG.OOB } });
    expect(into[0]).toBe('!'.charCodeAt(0));
  });

  test('TCP_INFO names the state and counts what was sent', async () => {
    const { listening, client, served } = await pair();
    expect([stateOf(listening), stateOf(client), stateOf(tcpAt(0))]).toEqual([
      'LISTEN',
      'ESTABLISHED',
      'CLOSED',
    ]);
    value(await write(client, Buffer.from('12345')));
    await read(served, new Uint8Array(10));
    await until(() => value(client.tcpInfo()).fields.tcpi_bytes_acked === 6);
    const { fields } = value(client.tcpInfo());
    expect(fields).toMatchObject({
      tcpi_state: 1,
      tcpi_snd_mss: 1448,
      tcpi_pmtu: 1500,
      tcpi_unacked: 0,
      tcpi_snd_cwnd: 10,
      tcpi_bytes_sent: 5,
      tcpi_data_segs_out: 1,
    });
    expect(value(served.tcpInfo()).fields.tcpi_bytes_received).toBe(5);
  });

  test('poll and epoll tell at once what holds', async () => {
    const { listening, client, served } = await pair();
    const both = [
      { socket: client, events: POLL.IN | POLL.OUT },
      { socket: listening, events: POLL.IN },
    ];
    expect(poll(both)).toEqual({ value: [POLL.OUT, 0] });
    const epoll = value(Epoll.create());
    expect(epoll.control(EPOLL_CTL.ADD, client, EPOLL.IN)).toEqual({ value: 0 });
    expect(epoll.control(EPOLL_CTL.ADD, client, EPOLL.IN)).toEqual({ errno: 'EEXIST' });
    expect(epoll.wait()).toEqual({ value: [] });
    value(served.write(Buffer.from('x')));
    value(await client.ready(POLL.IN));
    expect(epoll.wait()).toEqual({ value: [{ socket: client, events: EPOLL.IN }] });
    expect(poll(both)).toEqual({ value: [POLL.IN | POLL.OUT, 0] });
    expect(epoll.control(EPOLL_CTL.DEL, client, 0)).toEqual({ value: 0 });
    expect(epoll.wait()).toEqual({ value: [] });
    epoll.close();
  });

  test('a wait ends when its signal does, and another on the same socket goes on', async () => {
    const { client, served } = await pair();
    const reason = new Error('enough');
    const control = new AbortController();
    const aborted = read(client, new Uint8Array(1), control.signal);
    const patient = read(client, new Uint8Array(1));
    control.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(client.ready(POLL.IN, control.signal)).rejects.toBe(reason);
    value(served.write(Buffer.from('x')));
    expect(await patient).toEqual({ value: 1 });
  });

  test('closing a socket ends the waits on it', async () => {
    const { client } = await pair();
    const waiting = read(client, new Uint8Array(1));
    client.close();
    expect(await waiting).toEqual({ errno: 'ECANCELED' });
    expect(await client.ready(POLL.IN)).toEqual({ errno: 'EBADF' });
  });

  test('readers and writers of one socket wait side by side', async () => {
    const { client, served } = await pair();
    const full = new Uint8Array(1 << 20);
    const noRoom = () => value(client.tcpInfo()).fields.tcpi_snd_wnd === 0;
    await until(() => {
      // Both buffers: what leaves this one into the other makes room again.
      while (client.write(full).errno === undefined) continue;
      return value(served.unread()) + value(client.unacknowledged()) > 100_000 && noRoom();
    });
    const writing = client.ready(POLL.OUT);
    const reading = client.ready(POLL.IN);
    value(served.write(Buffer.from('x')));
    expect(await reading).toEqual({ value: POLL.IN });
    const drain = async () => {
      for (;;) if (value(await read(served, full)) === 0) return;
    };
    const drained = drain();
    expect(await writing).toEqual({ value: POLL.OUT });
    value(client.shutdown(SHUT.WR));
    await drained;
  });

  test('the sockets of a network are listed with their states, and only its own', async () => {
    const { client, served } = await pair();
    const [listed] = listSockets(wire.hosts[1].namespace).filter(({ state }) => state === 'ESTABLISHED');
    expect(listed).toMatchObject({
      state: 'ESTABLISHED',
      local: server,
      remote: value(client.localAddress()),
      receiveQueue: 0,
      sendQueue: 0,
      timer: 'none',
      info: { state: 'ESTABLISHED' },
    });
    expect(states(1).sort()).toEqual(['ESTABLISHED', 'LISTEN']);
    expect(states(0)).toEqual(['ESTABLISHED']);
    value(client.write(Buffer.from('abc')));
    await served.ready(POLL.IN);
    expect(
      listSockets(wire.hosts[1].namespace).find(({ state }) => state === 'ESTABLISHED')?.receiveQueue,
    ).toBe(3);
  });

  test('each end of a close is listed in its state, TIME-WAIT too', async () => {
    const { client, served } = await pair();
    value(client.shutdown(SHUT.WR));
    await until(() => states(0)[0] === 'FIN-WAIT-2');
    expect(states(1).sort()).toEqual(['CLOSE-WAIT', 'LISTEN']);
    // Closed for good, so that the kernel and no program holds what is left.
    client.close();
    served.close();
    await until(() => states(0)[0] === 'TIME-WAIT');
    expect(listSockets(wire.hosts[0].namespace)[0]).toMatchObject({
      timer: 'time-wait',
      inode: 0,
      info: null,
    });
    expect(states(1)).toEqual(['LISTEN']);
    const [left] = listSockets(wire.hosts[0].namespace);
    destroySocket(left, wire.hosts[0].namespace);
    expect(states(0)).toEqual([]);
  });

  test('a SYN whose third segment never comes is listed as SYN-RECEIVED', async () => {
    const listening = listener(server, 8);
    // Nobody has this address, and so nobody answers the SYN,ACK.
    const raw = keep(wire.hosts[0].namespace.socket(AF.INET, SOCK.RAW, IPPROTO.RAW));
    value(raw.sendMessage(synPacket('10.77.0.77', 40_000, server), { to: { ...server, port: 0 } }));
    await until(() => states(1).includes('SYN-RECEIVED'));
    const half = listSockets(wire.hosts[1].namespace).find(({ state }) => state === 'SYN-RECEIVED');
    expect(half).toMatchObject({
      local: server,
      remote: { address: '10.77.0.77', port: 40_000 },
      info: null,
    });
    listening.close();
  });

  test('a connection destroyed from outside gives ECONNABORTED here and ECONNRESET there', async () => {
    const { client, served } = await pair();
    const { namespace } = wire.hosts[0];
    const [connection] = listSockets(namespace);
    destroySocket(connection, namespace);
    expect(await read(client, new Uint8Array(1))).toEqual({ errno: 'ECONNABORTED' });
    expect(await read(served, new Uint8Array(1))).toEqual({ errno: 'ECONNRESET' });
    expect(() => destroySocket(connection, namespace)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

/** A SYN in an IPv4 packet, from an address that may be anybody's. */
function synPacket(source: string, sourcePort: number, to: SocketAddress): Uint8Array {
  const packet = new Uint8Array(40);
  const header = Object.assign(new Ipv4Header(), { ttl: 64, protocol: PROTOCOL_TCP });
  header.source.copyFrom(parseAddress(source));
  header.destination.copyFrom(parseAddress(to.address));
  const segment = Object.assign(new Segment(), {
    sourcePort,
    destinationPort: to.port,
    flags: SYN,
    wnd: 1000,
  });
  const start = writeIpv4(header, packet, 0, 20);
  const length = writeSegment(segment, packet, start);
  const pseudo = pseudoHeaderSum(header.source, header.destination, PROTOCOL_TCP, length);
  fillChecksum(packet, start, start + length, pseudo);
  return packet;
}

function value<T>(result: Outcome<T>): T {
  if (result.errno !== undefined) throw new Error(`unexpected ${result.errno}`);
  return result.value;
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`not within 5 s: ${condition.toString()}`);
    await sleep(2);
  }
}
