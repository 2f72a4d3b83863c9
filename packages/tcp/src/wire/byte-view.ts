/** A DataView for every Uint8Array that the codecs read: fields and checksums go through it, at any alignment. */

/**
 * The view of exactly `bytes`: offset 0 of the view is `bytes[0]`.
 *
 * Making a view costs more than parsing a header, so the last few are remembered. Frames therefore belong in a slab that
 * lives on, addressed by offsets. Four places are enough for two stacks with a slab each way; they are compared in
 * order rather than moved to the front, so that alternating between slabs writes nothing.
 */
export function viewOf(bytes: Uint8Array): DataView {
  if (first.bytes === bytes) return first.view;
  if (second.bytes === bytes) return second.view;
  if (third.bytes === bytes) return third.view;
  if (fourth.bytes === bytes) return fourth.view;
  return remember(bytes);
}

interface Place {
  bytes: Uint8Array;
  view: DataView;
  /** The place that is given up after this one. */
  next: Place | null;
}

function emptyPlace(next: Place | null): Place {
  const bytes = new Uint8Array(0);
  return { bytes, view: new DataView(bytes.buffer), next };
}

const fourth = emptyPlace(null);
const third = emptyPlace(fourth);
const second = emptyPlace(third);
const first = emptyPlace(second);
let oldest: Place = first;

function remember(bytes: Uint8Array): DataView {
  const place = oldest;
  oldest = place.next ?? first;
  place.bytes = bytes;
  place.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return place.view;
}
