/** Offloads of an interface, off while we look at its frames and as they were afterwards. */
import { MachineError, readOffloads, setOffloads, type Offloads } from '@tcblab/raw-socket';

export interface QuietOffloads {
  /** Offloads that the driver or our rights did not let us switch off: what is seen may differ from the wire. */
  readonly refused: readonly MachineError[];
  /** Put them back, at once. Harmless when repeated. */
  restore(): void;
}

/**
 * Switch all offloads of an interface off, and back on when `restore` is called or the process exits by itself.
 *
 * @throws MachineError ENODEV when there is no such interface
 */
export function quietOffloads(name: string): QuietOffloads {
  const changed: (keyof Offloads)[] = [];
  const refused: MachineError[] = [];
  const attempt = (wanted: Partial<Offloads>): boolean => {
    try {
      setOffloads(name, wanted);
      return true;
    } catch (error) {
      if (!(error instanceof MachineError) || error.code === 'ENODEV') throw error;
      refused.push(error);
      return false;
    }
  };
  const before = readOffloads(name);
  for (const offload of ORDER) if (before[offload] && attempt({ [offload]: false })) changed.push(offload);
  let restored = false;
  const restore = () => {
    if (restored) return;
    restored = true;
    process.off('exit', restore);
    try {
      for (const offload of changed) setOffloads(name, { [offload]: true });
    } catch (error) {
      // The interface may have gone, and its offloads with it.
      if (!(error instanceof MachineError)) throw error;
    }
  };
  process.on('exit', restore);
  return { refused, restore };
}

/** Checksums before the segmentation that needs them: switching the former off takes the latter along. */
const ORDER: readonly (keyof Offloads)[] = [
  'tcpSegmentation',
  'genericSegmentation',
  'genericReceive',
  'txChecksum',
  'rxChecksum',
];
