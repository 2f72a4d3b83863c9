/** What every answer says to the browser, and which scripts of a page may run. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** For answers that are no pages. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', NOTHING);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=()');
}

/**
 * The policy of a page of ours: its own files, and the scripts that stand in it, by their digests. What is written into
 * it by somebody else has no digest and does not run.
 */
export function pagePolicy(html: string): string {
  const digests = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'self'",
    // The playground compiles what a student writes, and runs it in a worker.
    ["script-src 'self' 'wasm-unsafe-eval'", ...new Set(digests)].join(' '),
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
