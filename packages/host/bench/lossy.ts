/**
 * Transfers with the kernel over a wire that loses frames: `node --conditions=source lossy.ts [--ipv6] [--cubic] [--rack] [--small]`.
 * 64 MiB at no loss and at 1 %, 8 MiB at 5 %, each way; SACK and timestamps are in use, and RTO is at least 200 ms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLossyTransfer } from '../testing/lossy-transfer.ts';

const MIB = 1 << 20;

const { values } = parseArgs({
  options: {
    ipv6: { type: 'boolean' },
    cubic: { type: 'boolean' },
    rack: { type: 'boolean' },
    small: { type: 'boolean' },
  },
});
const settings = { cubic: values.cubic === true, rack: values.rack === true };
const family = values.ipv6 === true ? 'ipv6' : 'ipv4';
const share = values.small === true ? 8 : 1;
const folder = mkdtempSync(join(tmpdir(), 'tcblab-lossy-'));
try {
  for (const [mebibytes, loss] of [
    [64, 0],
    [64, 0.01],
    [8, 0.05],
  ]) {
    for (const sender of ['ours', 'kernel'] as const) {
      const octets = (mebibytes * MIB) / share;
      const { seconds, sent, received } = await runLossyTransfer(
        { sender, octets, family, loss, settings },
        folder,
      );
      const what = `${octets / MIB} MiB, ${loss * 100} % lost, ${family}, sent by ${sender}`;
      const how = sent === received ? 'whole' : 'DIFFERENT';
      console.log(`${what}: ${seconds.toFixed(2)} s, ${how}`);
      if (sent !== received) process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
