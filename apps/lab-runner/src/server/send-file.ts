/** A file of a run, whole or a range of it. @rfc 9110 14 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Octets } from '@tcblab/tcp';

/** The first and the last octet. */
export interface Range {
  readonly from: Octets;
  readonly to: Octets;
}

const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json; charset=utf-8',
  '.pcapng': 'application/x-pcapng',
  '.sqlog': 'application/qlog+json-seq',
  '.txt': 'text/plain; charset=utf-8',
};

/** Send it and close it. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: FileHandle,
  name: string,
): Promise<void> {
  try {
    const { size, mtimeMs } = await file.stat();
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('etag', `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`);
    response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
    const range = parseRange(request.headers.range, size);
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
      return;
    }
    const { from, to } = range ?? { from: 0, to: size - 1 };
    if (range === null) response.statusCode = 200;
    else
      response.writeHead(206, {
        'content-range': `bytes ${from}-${to}/${size}`,
        'content-length': to - from + 1,
      });
    if (range === null) response.setHeader('content-length', size);
    if (request.method === 'HEAD' || size === 0) {
      response.end();
      return;
    }
    // A file that grows meanwhile is sent as far as was promised.
    await pipeline(file.createReadStream({ start: from, end: to, autoClose: false }), response);
  } catch {
    // The reader has gone; there is nobody left to tell.
    response.destroy();
  } finally {
    await file.close();
  }
}

/** @returns null for the whole file: no range, one of another unit, or several */
export function parseRange(header: string | undefined, size: Octets): Range | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, first, last] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { from: size - length, to: size - 1 };
  }
  const from = Number(first);
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < from) return null;
  return from >= size ? 'unsatisfiable' : { from, to };
}
