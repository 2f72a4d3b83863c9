/**
 * Whole Ethernet frames in and out of one interface of this Linux machine. Knows no protocol above Ethernet.
 *
 * ```ts
 * setOffloads('eth0', noOffloads); // at both ends: what is seen is then what is on the wire
 * const socket = openRawSocket({ interface: 'eth0' }); // or { fd: 3 }, opened by someone with the privilege
 *
 * socket.onReadable(() => {
 *   for (let batch = socket.receive(); batch.count > 0; batch = socket.receive()) {
 *     for (let i = 0; i < batch.count; i++) {
 *       onFrame(batch.micros[i], batch.frame(i)); // or bytes, offsets[i], lengths[i], with no object made
 *     }
 *   }
 * });
 *
 * // A batch out of one slab of memory; what is not taken waits until the interface has room.
 * let sent = socket.sendBatch(slab, offsets, lengths);
 * if (sent < offsets.length) socket.onWritable(() => { sent += socket.sendBatch(slab, offsets, lengths, sent); … });
 *
 * socket.statistics(); // { received, dropped }
 * socket.close();
 * ```
 *
 * What `receive()` returns is overwritten by the next call. Errors of the machine are `MachineError` with `errno`,
 * `code` and a remedy; programming errors are `MisuseError`.
 *
 * `@tcblab/raw-socket/native` loads the native addon of any package of this repository.
 */
export { openRawSocket, type RawSocketOptions } from './open.ts';
export { type RawSocket, type RawSocketStatistics } from './raw-socket.ts';
export { frameFlags, type FrameBatch } from './frame-batch.ts';
export { interfaceFacts, interfaceNames, type InterfaceFacts } from './network-interface.ts';
export { noOffloads, readOffloads, setOffloads, type Offloads } from './offloads.ts';
export { MachineError, MisuseError } from './machine-error.ts';
