// Opening a packet socket: the options, and in which order the kernel is told of them.
import { addon, type Handle } from './addon.ts';
import { FrameTable } from './frame-batch.ts';
import { MachineError, MisuseError } from './machine-error.ts';
import { interfaceError, interfaceFacts, interfaceName, type InterfaceFacts } from './network-interface.ts';
import { RawSocket } from './raw-socket.ts';

export interface RawSocketOptions {
  /** Name of the interface. Not needed with an `fd` that is bound to one already. */
  readonly interface?: string;
  /**
   * An open AF_PACKET SOCK_RAW descriptor, perhaps from a parent that has the privilege we lack. It becomes the
   * socket's own: `close()` closes it, and so does a failure to open.
   */
  readonly fd?: number;
  /** Also take frames for other MACs than the interface's: a host with a MAC of its own needs it. Default true. */
  readonly promiscuous?: boolean;
  /** Do not hear what this machine sends on the interface, ourselves included. Default true. */
  readonly ignoreOutgoing?: boolean;
  /**
   * `recvmmsg` copies each frame once and calls back within some 20 µs. `ring` (TPACKET_V3) lets the kernel write
   * into shared memory: a tenth of the processor time per frame, but up to some milliseconds later. Default `recvmmsg`.
   */
  readonly driver?: 'recvmmsg' | 'ring';
  /**
   * Room for frames that wait to be received, in octets. Default 16 MiB. The kernel grants a plain user no more than
   * `sysctl net.core.rmem_max`, often 208 KiB: 2 ms at 1 Gbit/s. A ring has no such limit.
   */
  readonly receiveBufferBytes?: number;
  /** With `recvmmsg`, octets kept of each frame. Default 2,046: a full frame at an MTU of 1,500, with room. */
  readonly snapLength?: number;
}

/** What a `RawSocket` is made from. */
export interface OpenedSocket {
  readonly handle: Handle;
  readonly interface: InterfaceFacts;
  readonly receiveBufferBytes: number;
  readonly table: FrameTable;
  /** How the table's bytes are divided; null with a ring, where the kernel does it. */
  readonly slots: { readonly bytes: number; readonly snapLength: number } | null;
}

/**
 * Open a packet socket that hears and sends every kind of frame on one interface.
 *
 * @throws MachineError EPERM without CAP_NET_RAW; ENODEV without such an interface; ENETDOWN while it is down;
 *   EBADF, ENOTSOCK or EPFNOSUPPORT when `fd` is no packet socket
 * @throws MisuseError when the options name neither an interface nor an fd, or a size out of range
 */
export function openRawSocket(options: RawSocketOptions): RawSocket {
  const { fd, promiscuous = true, ignoreOutgoing = true, driver = 'recvmmsg' } = options;
  const { receiveBufferBytes = 16 * 1024 * 1024, snapLength = 2046 } = options;
  inRange('receiveBufferBytes', receiveBufferBytes, 2048, 1 << 30);
  inRange('snapLength', snapLength, 14, 262_144);
  const handle = fd === undefined ? open(options.interface) : adopt(fd);
  try {
    const facts = interfaceFacts(options.interface ?? boundInterface(handle));
    if (!facts.up) throw interfaceError(ENETDOWN, facts.name, `open a packet socket on ${facts.name}`);
    const set = (level: number, name: number, value: Int32Array, what: string) => {
      const result = addon().setOption(handle, level, name, new Uint8Array(value.buffer));
      if (result < 0) throw interfaceError(-result, facts.name, `${what} on ${facts.name}`);
    };
    set(SOL_PACKET, PACKET_AUXDATA, ON, 'learn the checksum state of frames');
    set(SOL_SOCKET, SO_TIMESTAMPNS, ON, 'have frames stamped');
    if (ignoreOutgoing) set(SOL_PACKET, PACKET_IGNORE_OUTGOING, ON, 'leave out outgoing frames');
    if (promiscuous) {
      // struct packet_mreq: interface, type and length of the address, address.
      const membership = new Int32Array([facts.index, PACKET_MR_PROMISC, 0, 0]);
      set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 'switch promiscuous mode on');
    }
    const memory =
      driver === 'ring'
        ? makeRing(handle, facts, receiveBufferBytes)
        : makeSlab(handle, receiveBufferBytes, snapLength);
    // Last, so that every frame that comes in was subject to all of the above.
    const bound = addon().bind(handle, facts.index);
    if (bound < 0) throw interfaceError(-bound, facts.name, `bind a packet socket to ${facts.name}`);
    return new RawSocket({ handle, interface: facts, ...memory });
  } catch (error) {
    addon().close(handle);
    throw error;
  }
}

function open(name: string | undefined): Handle {
  if (name === undefined)
    throw new MisuseError('raw-socket-nowhere', 'a raw socket needs an interface or an fd');
  const handle = addon().open();
  if (typeof handle === 'number') throw interfaceError(-handle, name, `open a packet socket on ${name}`);
  return handle;
}

function adopt(fd: number): Handle {
  const handle = addon().adopt(fd);
  if (typeof handle === 'number')
    throw new MachineError(-handle, `take descriptor ${fd} over as a packet socket`);
  return handle;
}

function boundInterface(handle: Handle): string {
  const index = addon().boundTo(handle);
  if (index === 0) throw new MisuseError('raw-socket-nowhere', 'the fd is bound to no interface: name one');
  return interfaceName(index);
}

function makeSlab(handle: Handle, bufferBytes: number, snapLength: number) {
  const wanted = new Uint8Array(new Int32Array([bufferBytes]).buffer);
  // Without real CAP_NET_ADMIN, as in a user namespace, the kernel grants what net.core.rmem_max allows.
  if (addon().setOption(handle, SOL_SOCKET, SO_RCVBUFFORCE, wanted) < 0) {
    addon().setOption(handle, SOL_SOCKET, SO_RCVBUF, wanted);
  }
  const granted = new Int32Array(1);
  addon().getOption(handle, SOL_SOCKET, SO_RCVBUF, new Uint8Array(granted.buffer));
  const slotBytes = (FRAME_START + snapLength + 3) & ~3;
  const table = new FrameTable(new Uint8Array(SLOTS * slotBytes), SLOTS);
  return { table, slots: { bytes: slotBytes, snapLength }, receiveBufferBytes: granted[0] };
}

function makeRing(handle: Handle, facts: InterfaceFacts, bufferBytes: number) {
  const tried = `make a receive ring on ${facts.name}`;
  const check = (result: number) => {
    if (result < 0) throw interfaceError(-result, facts.name, tried);
  };
  const blocks = Math.max(2, Math.ceil(bufferBytes / RING_BLOCK_BYTES));
  const frameBytes = 2048; // only a divisor: in version 3 frames lie in a block as they come
  check(
    addon().setOption(
      handle,
      SOL_PACKET,
      PACKET_VERSION,
      new Uint8Array(new Int32Array([TPACKET_V3]).buffer),
    ),
  );
  // struct tpacket_req3: block size and count, frame size and count, block timeout, private area, features.
  const request = new Int32Array([
    RING_BLOCK_BYTES,
    blocks,
    frameBytes,
    blocks * (RING_BLOCK_BYTES / frameBytes),
    RING_TIMEOUT_MS,
    0,
    0,
  ]);
  check(addon().setOption(handle, SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer)));
  const memory = addon().mapRing(handle, RING_BLOCK_BYTES, blocks);
  if (typeof memory === 'number') throw interfaceError(-memory, facts.name, tried);
  return {
    table: new FrameTable(new Uint8Array(memory), RING_ROWS),
    slots: null,
    receiveBufferBytes: memory.byteLength,
  };
}

function inRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new MisuseError('out-of-range', `${what} is ${value}, not an integer from ${least} to ${most}`);
}

/** Frames that one system call takes at most. */
const SLOTS = 64;
/** As in the C file: puts the IP header of each frame on a multiple of 4. */
const FRAME_START = 2;

const RING_BLOCK_BYTES = 256 * 1024;
/** After this time a block that has a frame in it is handed over though it is not full: the least there is. */
const RING_TIMEOUT_MS = 1;
/** Frames of one batch; a block of small frames is read in several. */
const RING_ROWS = 512;

const ON = new Int32Array([1]);
const ENETDOWN = 100;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_PROMISC = 1;
const PACKET_RX_RING = 5;
const PACKET_AUXDATA = 8;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
const PACKET_IGNORE_OUTGOING = 23;
