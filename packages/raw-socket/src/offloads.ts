// Work that an interface takes off the kernel's hands. Each of it makes what a packet socket sees differ from a wire.
import { ethtool } from './network-interface.ts';

/** Which offloads are on. */
export interface Offloads {
  /** Incoming checksums are verified by the card. */
  readonly rxChecksum: boolean;
  /** Outgoing checksums are filled in by the card: until there they are wrong. */
  readonly txChecksum: boolean;
  /** TSO: the card cuts segments of up to 64 KiB into frames. Needs `txChecksum`. */
  readonly tcpSegmentation: boolean;
  /** GSO: the kernel cuts them, after the packet sockets have looked. */
  readonly genericSegmentation: boolean;
  /** GRO: the kernel joins incoming frames into larger ones. */
  readonly genericReceive: boolean;
}

/** Every offload off: one frame seen is one frame on the wire, checksums and all. */
export const noOffloads: Offloads = {
  rxChecksum: false,
  txChecksum: false,
  tcpSegmentation: false,
  genericSegmentation: false,
  genericReceive: false,
};

/** @throws MachineError ENODEV without such an interface, EOPNOTSUPP when its driver cannot tell */
export function readOffloads(name: string): Offloads {
  const read = (offload: keyof Offloads) => isOn(name, offload);
  return {
    rxChecksum: read('rxChecksum'),
    txChecksum: read('txChecksum'),
    tcpSegmentation: read('tcpSegmentation'),
    genericSegmentation: read('genericSegmentation'),
    genericReceive: read('genericReceive'),
  };
}

/**
 * Switch the named offloads and leave the others. They stay so after this process: keep what `readOffloads` said
 * before, and set that when done.
 *
 * @returns what is on now; drivers may refuse in silence, and switching `txChecksum` off takes `tcpSegmentation` along
 * @throws MachineError EPERM, ENODEV, or EOPNOTSUPP when the driver has it fixed
 */
export function setOffloads(name: string, wanted: Partial<Offloads>): Offloads {
  // In the order of `commands`: checksums before the segmentation that needs them.
  for (const offload of Object.keys(commands) as (keyof Offloads)[]) {
    const on = wanted[offload];
    if (on === undefined || on === isOn(name, offload)) continue;
    ethtool(name, command(commands[offload].set, on), `switch ${offload} ${on ? 'on' : 'off'} on ${name}`);
  }
  return readOffloads(name);
}

function isOn(name: string, offload: keyof Offloads): boolean {
  const value = command(commands[offload].get, false);
  ethtool(name, value, `read ${offload} of ${name}`);
  return new DataView(value.buffer).getUint32(4, true) !== 0;
}

/** struct ethtool_value: u32 command, u32 data. */
function command(code: number, data: boolean): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array([code, data ? 1 : 0]).buffer);
}

const commands: Record<keyof Offloads, { readonly get: number; readonly set: number }> = {
  rxChecksum: { get: 0x14, set: 0x15 },
  txChecksum: { get: 0x16, set: 0x17 },
  tcpSegmentation: { get: 0x1e, set: 0x1f },
  genericSegmentation: { get: 0x23, set: 0x24 },
  genericReceive: { get: 0x2b, set: 0x2c },
};
