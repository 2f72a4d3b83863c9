import { afterAll, beforeAll, expect } from 'vitest';
import { asNobody, needs } from '@tcblab/test-needs';
import type { Heard } from '../testing/probe.ts';
import { twoHosts, type TwoHosts } from '../testing/two-hosts.ts';
import { frameFlags, noOffloads } from './index.ts';

/** A broadcast frame of the EtherType for experiments, which no kernel answers; `tail` makes it one's own. */
function frame(length: number, tail: number): string {
  const header = `ffffffffffff${'02000000000a'}88b5`;
  return (
    header +
    tail
      .toString(16)
      .padStart(2, '0')
      .repeat(length - 14)
  );
}

const hexes = (heard: readonly Heard[]) => heard.map(({ hex }) => hex);

for (const [who, need, become] of [
  ['as ourselves', 'netns', []],
  ['as a plain user', 'netns-as-nobody', asNobody()],
] as const) {
  const { describe, test } = needs(need, 'ip');

  describe(`a raw socket ${who}`, () => {
    let wire: TwoHosts;
    let a: TwoHosts['a'];
    let b: TwoHosts['b'];
    beforeAll(async () => {
      wire = await twoHosts(become);
      ({ a, b } = wire);
    });
    afterAll(() => wire.close());

    /** A fresh socket at each end, closed when the body is through. */
    async function linked(
      body: (onA: number, onB: number) => Promise<void>,
      optionsA: object = {},
      optionsB: object = {},
    ): Promise<void> {
      const onA = await a.open({ interface: 'va', ...optionsA });
      const onB = await b.open({ interface: 'vb', ...optionsB });
      try {
        await body(onA, onB);
      } finally {
        await Promise.all([a.close(onA), b.close(onB)]);
      }
    }

    for (const driver of ['recvmmsg', 'ring'] as const) {
      test(`${driver}: frames go both ways, octet for octet and in order`, () =>
        linked(
          async (onA, onB) => {
            const sent = [frame(60, 1), frame(61, 2), frame(1514, 3)];
            for (const one of sent) expect(await a.send(onA, one)).toBe(true);
            expect(hexes(await b.hear(onB, 3))).toEqual(sent);
            expect(await b.send(onB, frame(100, 4))).toBe(true);
            expect(hexes(await a.hear(onA, 1))).toEqual([frame(100, 4)]);
          },
          { driver },
          { driver },
        ));

      test(`${driver}: the octet behind the Ethernet header is 4-aligned`, () =>
        linked(
          async (onA, onB) => {
            for (const length of [60, 61, 62, 63]) await a.send(onA, frame(length, 7));
            expect((await b.hear(onB, 4)).map(({ alignment }) => alignment)).toEqual([0, 0, 0, 0]);
          },
          {},
          { driver },
        ));

      test(`${driver}: the kernel's timestamps rise and are of now`, () =>
        linked(
          async (onA, onB) => {
            const before = Date.now() * 1000;
            for (let i = 0; i < 5; i++) await a.send(onA, frame(60, i));
            const heard = await b.hear(onB, 5);
            const after = Date.now() * 1000 + 1000;
            const times = heard.map(({ micros, nanos }) => micros + nanos / 1000);
            expect(times).toHaveLength(5);
            expect(times).toEqual(times.toSorted((x, y) => x - y));
            for (const { micros, nanos } of heard) {
              expect(Number.isInteger(micros) && Number.isInteger(nanos) && nanos < 1000).toBe(true);
              // The clock of the system may be slewed, and a frame's stamp is not of the same instant as ours.
              expect(micros).toBeGreaterThan(before - 1_000_000);
              expect(micros).toBeLessThan(after + 1_000_000);
            }
          },
          {},
          { driver },
        ));

      test(`${driver}: a VLAN tag that the kernel takes out is told`, () =>
        linked(
          async (onA, onB) => {
            const inner = `88b5${'11'.repeat(60)}`;
            await a.send(onA, `ffffffffffff02000000000a81002064${inner}`);
            const [heard] = await b.hear(onB, 1);
            expect(heard.hex).toBe(`ffffffffffff02000000000a${inner}`);
            expect(heard.vlan).toBe(0x8100_2064);
            expect(heard.flags & frameFlags.vlanTagged).not.toBe(0);
          },
          {},
          { driver },
        ));

      test(`${driver}: what a card was left to checksum is flagged, and no more once the sender's offloads are off`, () =>
        linked(
          async (_, onB) => {
            await a.run('ip', 'address', 'add', '10.9.8.1/24', 'dev', 'va');
            await a.run('ip', 'neigh', 'replace', '10.9.8.2', 'lladdr', '02:00:00:00:00:0b', 'dev', 'va');
            const before = await a.readOffloads('va');
            const notReady = async () => {
              await a.datagram('10.9.8.2', 20);
              const [{ flags }] = await b.hear(onB, 1);
              return (flags & frameFlags.checksumNotReady) !== 0;
            };
            try {
              expect(before.txChecksum).toBe(true);
              expect(await notReady()).toBe(true);
              expect(await a.setOffloads('va', noOffloads)).toEqual(noOffloads);
              expect(await notReady()).toBe(false);
            } finally {
              expect(await a.setOffloads('va', before)).toEqual(before);
              await a.run('ip', 'address', 'flush', 'dev', 'va');
            }
          },
          {},
          { driver },
        ));

      test(`${driver}: frames that nobody takes are counted as dropped`, () =>
        linked(
          async (onA, onB) => {
            expect(await b.statistics(onB)).toEqual({ received: 0, dropped: 0 });
            // 4.5 MB into a ring of half a megabyte, or a queue of a few KiB.
            expect((await a.flood(onA, 3000, 1500)).sent).toBe(3000);
            const { received, dropped } = await b.statistics(onB);
            expect(received + dropped).toBe(3000);
            expect(received).toBeGreaterThan(0);
            expect(dropped).toBeGreaterThan(1000);
            expect(await b.hear(onB, received)).toHaveLength(received);
            expect(await b.statistics(onB)).toEqual({ received, dropped });
          },
          {},
          { driver, receiveBufferBytes: 4096 },
        ));

      test(`${driver}: closing is at once, complete, and harmless when repeated`, async () => {
        const promiscuity = async () =>
          JSON.parse(await b.run('ip', '-details', '-json', 'link', 'show', 'dev', 'vb'))[0].promiscuity;
        const before = [await b.packetSockets(), await promiscuity()];
        const socket = await b.open({ interface: 'vb', driver });
        expect([await b.packetSockets(), await promiscuity()]).toEqual([before[0] + 1, before[1] + 1]);
        const hearing = b.hear(socket, 1, 100);
        await b.close(socket);
        await b.close(socket);
        expect([await b.packetSockets(), await promiscuity()]).toEqual(before);
        await expect(hearing).rejects.toMatchObject({ code: 'raw-socket-closed' });
        await expect(b.send(socket, frame(60, 1))).rejects.toMatchObject({ code: 'raw-socket-closed' });
      });

      test(`${driver}: an interface that goes down says so once, and works on when it is up again`, () =>
        linked(
          async (onA, onB) => {
            const story = b.throughTrouble(onB);
            await b.run('ip', 'link', 'set', 'dev', 'vb', 'down');
            await expect(b.send(onB, frame(60, 1))).rejects.toMatchObject({ code: 'ENETDOWN' });
            await expect(b.open({ interface: 'vb' })).rejects.toMatchObject({ code: 'ENETDOWN' });
            await b.run('ip', 'link', 'set', 'dev', 'vb', 'up');
            await a.send(onA, frame(60, 5));
            expect(await story).toEqual({
              trouble: expect.objectContaining({
                name: 'MachineError',
                code: 'ENETDOWN',
                message: expect.stringContaining('sudo ip link set dev vb up'),
              }),
              after: frame(60, 5),
            });
          },
          {},
          { driver },
        ));

      test(`${driver}: an interface that vanishes is told from one that is down`, async () => {
        await a.run('ip', 'link', 'add', 'brief', 'type', 'veth', 'peer', 'name', 'brief-peer');
        await a.run('ip', 'link', 'set', 'dev', 'brief', 'up');
        const socket = await a.open({ interface: 'brief', driver });
        const trouble = a.trouble(socket);
        await a.run('ip', 'link', 'delete', 'brief');
        expect(await trouble).toMatchObject({ code: 'ENODEV', message: expect.stringContaining('va') });
        await expect(a.send(socket, frame(60, 1))).rejects.toMatchObject({
          name: 'MachineError',
          code: 'ENXIO',
        });
        await a.close(socket);
      });
    }

    test('a frame longer than its slot is cut and flagged, with its length on the wire', () =>
      linked(
        async (onA, onB) => {
          await a.send(onA, frame(1000, 9));
          await a.send(onA, frame(100, 9));
          const [cut, whole] = await b.hear(onB, 2);
          expect(cut).toMatchObject({ hex: frame(1000, 9).slice(0, 200), wireLength: 1000 });
          expect(cut.flags & frameFlags.truncated).not.toBe(0);
          expect(whole).toMatchObject({ hex: frame(100, 9), wireLength: 100, flags: 0 });
        },
        {},
        { snapLength: 100 },
      ));

    test('what the machine itself sends is heard only where asked for, and flagged', async () => {
      const sender = await a.open({ interface: 'va' });
      const discreet = await a.open({ interface: 'va' });
      const curious = await a.open({ interface: 'va', ignoreOutgoing: false });
      await a.send(sender, frame(60, 6));
      const [heard] = await a.hear(curious, 1);
      expect(heard).toMatchObject({ hex: frame(60, 6), flags: frameFlags.outgoing });
      expect(await a.hear(discreet, 1, 50)).toEqual([]);
      await Promise.all([a.close(sender), a.close(discreet), a.close(curious)]);
    });

    test('a ring turned over many times loses and repeats nothing', () =>
      linked(
        async (onA, onB) => {
          const heard = b.hear(onB, 5000);
          await a.flood(onA, 5000, 1000);
          expect(await heard).toHaveLength(5000);
          expect(await b.statistics(onB)).toEqual({ received: 5000, dropped: 0 });
        },
        {},
        { driver: 'ring' },
      ));

    test('more frames than a batch holds come in several, without loss', () =>
      linked(async (onA, onB) => {
        // Three batches at a time: what waits must fit in the queue that a plain user gets anywhere.
        for (let burst = 0; burst < 10; burst++) {
          await a.flood(onA, 150, 200);
          expect(await b.hear(onB, 150)).toHaveLength(150);
        }
        expect(await b.statistics(onB)).toEqual({ received: 1500, dropped: 0 });
      }));

    test('a frame beyond the MTU is refused, those before it are sent', () =>
      linked(async (onA, onB) => {
        const refused = a.sendBatch(onA, 4000, [0, 0, 0], [60, 1515 + 4, 60]);
        await expect(refused).rejects.toMatchObject({ code: 'EMSGSIZE', sent: 1 });
        expect(await b.hear(onB, 1)).toHaveLength(1);
      }));

    test('a frame that is not inside its slab is the caller’s fault, and nothing of its batch is sent', () =>
      linked(async (onA, onB) => {
        await expect(a.sendBatch(onA, 100, [0, 50], [60, 51])).rejects.toMatchObject({
          name: 'MisuseError',
          code: 'frame-outside-slab',
        });
        expect(await b.hear(onB, 1, 50)).toEqual([]);
      }));

    test('a process without any right works on a descriptor that it was given', () =>
      linked(async (onA, onB) => {
        const program = a.program(
          `import { openRawSocket } from '#raw-socket';
           try { openRawSocket({ interface: 'va' }); } catch ({ code, errno, remedy }) { console.log(code, errno, remedy); }
           const socket = openRawSocket({ fd: 3 });
           socket.onReadable(() => { console.log(socket.receive().count, 'heard'); socket.close(); });
           console.log(socket.interface.name, socket.send(Buffer.from('${frame(60, 8)}', 'hex')));`,
          { inherit: onA, withoutRights: true },
        );
        expect(hexes(await b.hear(onB, 1))).toEqual([frame(60, 8)]);
        await b.send(onB, frame(60, 9));
        const { status, output } = await program;
        expect(output.split('\n')).toEqual([
          expect.stringMatching(/^EPERM 1 .*\.\/tcblab.*sudo setcap cap_net_raw,cap_net_admin\+ep \//),
          'va true',
          '1 heard',
          '',
        ]);
        expect(status).toBe(0);
      }));

    test('a descriptor of another kind is refused and left alone', async () => {
      const { output } = await a.program(
        `import { openRawSocket } from '#raw-socket';
         for (const fd of [0, 77]) try { openRawSocket({ fd }); } catch ({ name, code }) { console.log(name, code); }
         console.log(typeof (await import('node:fs')).fstatSync(0).size);`,
      );
      expect(output).toBe('MachineError ENOTSOCK\nMachineError EBADF\nnumber\n');
    });

    test('a process ends by itself once its socket is closed, or when nobody listens to it', async () => {
      const { status, output } = await a.program(
        `import { openRawSocket } from '#raw-socket';
         const [closed, silent] = [1, 2].map(() => openRawSocket({ interface: 'va' }));
         closed.onReadable(() => {});
         closed.onWritable(() => { closed.close(); console.log('closed'); });`,
      );
      expect({ status, output }).toEqual({ status: 0, output: 'closed\n' });
    });

    test('a forgotten socket is closed by the garbage collector, its ring too', async () => {
      const { output } = await a.program(
        `import { openRawSocket } from '#raw-socket';
         import { readFileSync } from 'node:fs';
         const sockets = () => readFileSync('/proc/self/net/packet', 'utf8').trimEnd().split('\\n').length - 1;
         const before = sockets();
         for (let i = 0; i < 6; i++) openRawSocket({ interface: 'va', driver: i % 2 === 0 ? 'ring' : 'recvmmsg' });
         console.log(sockets() - before);
         for (let i = 0; i < 100 && sockets() > before; i++) {
           globalThis.gc();
           await new Promise((resolve) => setTimeout(resolve, 5));
         }
         console.log(sockets() - before);`,
        { flags: ['--expose-gc'] },
      );
      expect(output).toBe('6\n0\n');
    });

    test('the end of a worker that watches its sockets closes them and harms nobody', async () => {
      const { before, during, after } = await a.worker('va');
      expect([during - before, after - before]).toEqual([2, 0]);
    });

    test('an error thrown while frames are handled surfaces like any other', async () => {
      const { status, output } = await a.program(
        `import { openRawSocket } from '#raw-socket';
         openRawSocket({ interface: 'va' }).onWritable(() => { throw new RangeError('thrown by the handler'); });`,
      );
      expect(status).toBe(1);
      expect(output).toContain('RangeError: thrown by the handler');
    });

    test('many sockets live side by side', async () => {
      const opened: number[] = [];
      for (let i = 0; i < 100; i++)
        opened.push(await b.open({ interface: 'vb', receiveBufferBytes: 65_536 }));
      const hearing = opened.map((socket) => b.hear(socket, 1));
      await linked(async (onA) => {
        await a.send(onA, frame(60, 3));
        expect((await Promise.all(hearing)).map(hexes)).toEqual(opened.map(() => [frame(60, 3)]));
      });
      for (const socket of opened) await b.close(socket);
    });

    test('an interface that is not there is named, and so are those that are', async () => {
      for (const name of ['eth77', 'va-with-a-name-too-long', '']) {
        const refused = { name: 'MachineError', code: 'ENODEV', errno: 19 };
        await expect(a.open({ interface: name })).rejects.toMatchObject(refused);
        await expect(a.interfaceFacts(name)).rejects.toMatchObject(refused);
        await expect(a.readOffloads(name)).rejects.toMatchObject(refused);
      }
      await expect(a.open({ interface: 'eth77' })).rejects.toThrow(/eth77.*the interfaces here are lo, va/);
    });

    test('options that make no sense are misuse', async () => {
      const misuse = (code: string) => ({ name: 'MisuseError', code });
      await expect(a.open({})).rejects.toMatchObject(misuse('raw-socket-nowhere'));
      await expect(a.open({ interface: 'va', snapLength: 13 })).rejects.toMatchObject(misuse('out-of-range'));
      await expect(a.open({ interface: 'va', receiveBufferBytes: 0.5 })).rejects.toMatchObject(
        misuse('out-of-range'),
      );
    });

    test('the facts of an interface are those that ip tells', async () => {
      await a.run('ip', 'link', 'set', 'dev', 'va', 'mtu', '1400');
      const [{ ifindex, address, mtu }] = JSON.parse(await a.run('ip', '-json', 'link', 'show', 'dev', 'va'));
      const facts = { name: 'va', index: ifindex, mac: address, mtu, loopback: false, wireless: false };
      expect(mtu).toBe(1400);
      expect(await a.interfaceFacts('va')).toEqual({ ...facts, up: true, carrier: true });
      await b.run('ip', 'link', 'set', 'dev', 'vb', 'down');
      expect(await a.interfaceFacts('va')).toEqual({ ...facts, up: true, carrier: false });
      expect(await b.interfaceFacts('vb')).toMatchObject({ up: false, carrier: false });
      expect(await b.interfaceFacts('lo')).toMatchObject({ loopback: true, mac: '00:00:00:00:00:00' });
      await b.run('ip', 'link', 'set', 'dev', 'vb', 'up');
      await a.run('ip', 'link', 'set', 'dev', 'va', 'mtu', '1500');
    });
  });
}

const { test: slowTest } = needs('netns', 'tc', 'ip');

/** An interface that holds frames back (its queue full, or the socket's share used up), and what the sender sees. */
async function behindShaper(queueBytes: number) {
  const { a, b, close } = await twoHosts([]);
  try {
    const rate = ['tbf', 'rate', '20mbit', 'burst', '20kb', 'limit', String(queueBytes)];
    await a.run('tc', 'qdisc', 'add', 'dev', 'va', 'root', ...rate);
    const onA = await a.open({ interface: 'va' });
    const onB = await b.open({ interface: 'vb' });
    const heard = b.hear(onB, 300);
    const { sent, pauses } = await a.flood(onA, 300, 1000);
    return { sent, paused: pauses > 0, heard: (await heard).length };
  } finally {
    await close();
  }
}

slowTest('a sender faster than its interface waits for it and loses nothing', async () => {
  expect(await behindShaper(10_000_000)).toEqual({ sent: 300, paused: true, heard: 300 });
});

slowTest('a full queue of the interface is waited for as well', async () => {
  expect(await behindShaper(30_000)).toEqual({ sent: 300, paused: true, heard: 300 });
});
