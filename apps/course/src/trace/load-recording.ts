/** A recording that the build made, fetched from this site. */
import { filesOf, recordings } from '../../recordings.ts';
import { readRecording, type Recording } from './recording.ts';

const SCRIPT = 'the script';

/** Addresses of packetdrill's two ends. */
const SCRIPT_ENDS = new Map([
  ['192.0.2.1', SCRIPT],
  ['192.168.0.1', 'our TCP'],
]);

/** @returns the recording, or why there is none, in a sentence */
export async function loadRecording(
  name: string,
  folder: string,
  signal: AbortSignal,
): Promise<Recording | string> {
  const request = recordings.find((each) => each.name === name);
  if (request === undefined) return `There is no recording ${name}.`;
  const read = async (file: string) => {
    const response = await fetch(folder + file, { signal });
    if (!response.ok) throw new TypeError(`${folder}${file}: ${response.status} ${response.statusText}`);
    return [file, new Uint8Array(await response.arrayBuffer())] as const;
  };
  const recording = readRecording(new Map(await Promise.all(filesOf(request).map(read))), SCRIPT_ENDS);
  if ('problem' in recording) return recording.problem;
  return 'script' in request ? withoutItsStates(recording) : recording;
}

/** A script has no states: what one would infer from its segments is not so. */
function withoutItsStates(recording: Recording): Recording {
  const { ladder, hosts } = recording;
  const rows = ladder.rows.map((row) => {
    if (row.kind !== 'segment') return row;
    const [left, right] = row.ends.map((end, side) =>
      hosts[side].name === SCRIPT ? { ...end, state: null, changed: false } : end,
    );
    return { ...row, ends: [left, right] as const };
  });
  return { ...recording, ladder: { ...ladder, rows } };
}
