/** Who may ask this server for what: tokens and their roles, and the hosts and origins that it answers to. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Each may do what those before it may. */
export const ROLES = ['viewer', 'student', 'staff'] as const;
export type Role = (typeof ROLES)[number];

export interface AccessOptions {
  /** Names, with or without a port, that stand for this server beside its own address. */
  readonly names: readonly string[];
  /** What everybody is who brings no token; null for nobody. */
  readonly anyone: Role | null;
}

/** Whose request it is, or why it is refused. */
export type Admission =
  | { readonly ok: true; readonly role: Role; readonly by: 'token' | 'cookie' | 'bearer' | 'nobody' }
  | { readonly ok: false; readonly status: 401 | 403 | 421; readonly reason: string };

export class Access {
  readonly tokens: Readonly<Record<Role, string>> = {
    viewer: newToken(),
    student: newToken(),
    staff: newToken(),
  };
  readonly #options: AccessOptions;
  #hosts = new Set<string>();
  /** Told apart by port: cookies of one machine's servers are in one jar. */
  #cookie = 'tcblab';

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get cookie(): string {
    return this.#cookie;
  }

  /** Once the server listens. */
  listensAt(address: string, port: number): void {
    const literal = address.includes(':') ? `[${address}]` : address;
    const own = isLoopback(address) ? ['127.0.0.1', 'localhost', '[::1]'] : [literal];
    this.#hosts = new Set([
      ...own.map((name) => `${name}:${port}`),
      ...this.#options.names.map((name) => (/:\d+$/.test(name) ? name : `${name}:${port}`).toLowerCase()),
    ]);
    this.#cookie = `tcblab-${port}`;
  }

  /** @param token what the URL brings; undefined for nothing */
  admit(request: IncomingMessage, token: string | undefined): Admission {
    const { host, origin, authorization, cookie } = request.headers;
    // A name that an attacker's DNS leads here would make their page one of ours.
    if (host === undefined || !this.#hosts.has(host.toLowerCase())) {
      return { ok: false, status: 421, reason: `this server does not answer to the host ${host ?? ''}` };
    }
    if (origin !== undefined && !this.#isOwn(origin)) {
      return { ok: false, status: 403, reason: `the page at ${origin} may not ask this server` };
    }
    const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const brought = [
      ['token', token],
      ['bearer', bearer],
      ['cookie', cookieOf(cookie ?? '', this.#cookie)],
    ] as const;
    for (const [by, secret] of brought) {
      const role = secret === undefined ? null : this.#roleOf(secret);
      if (role === null) continue;
      // A browser sends the cookie along whoever made it ask; only our own page also sends its origin.
      const changes = !['GET', 'HEAD'].includes(request.method ?? '');
      if (by === 'cookie' && changes && origin === undefined) {
        return { ok: false, status: 403, reason: 'a change needs an Origin, or a token of its own' };
      }
      return { ok: true, role, by };
    }
    if (this.#options.anyone !== null) return { ok: true, role: this.#options.anyone, by: 'nobody' };
    return { ok: false, status: 401, reason: 'open the address that ./tcblab serve printed: it has a token' };
  }

  #isOwn(origin: string): boolean {
    const match = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase());
    return match !== null && this.#hosts.has(match[1]);
  }

  /** All are compared, whichever fits: time tells nothing. */
  #roleOf(secret: string): Role | null {
    let found: Role | null = null;
    for (const role of ROLES) if (isSame(secret, this.tokens[role])) found = role;
    return found;
  }
}

export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Whether nothing from outside this machine gets there. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Digests are equally long, whatever was brought. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
