/** The server: who may come in, then the API, the run page and the course, in this order. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { RunStore } from '../store/run-store.ts';
import { VERSION } from '../version.ts';
import { Access, isAtLeast, type Role } from './access.ts';
import { AuditLog } from './audit.ts';
import { problem, type Endpoint } from './endpoint.ts';
import { pagePolicy, setSecurityHeaders } from './headers.ts';
import { Jobs } from './jobs.ts';
import type { LiveStream } from './live-stream.ts';
import { openApiOf } from './openapi.ts';
import { RateLimit } from './rate-limit.ts';
import { runEndpoints } from './run-endpoints.ts';

export interface LabServerOptions {
  /** The folder of runs. */
  readonly store: string;
  readonly scenarios: readonly string[];
  /** Folders of submissions by name, beside `reference` and `kernel`. */
  readonly systems: ReadonlyMap<string, string>;
  readonly names: readonly string[];
  /** What they are who bring no token; null: nobody comes in without. */
  readonly anyone: Role | null;
  /** Adds what is no API; the last to be asked. */
  readonly pages?: (app: Express) => void;
}

const LARGEST_BODY = 16 << 10;
const RATE = { burst: 600, perSecond: 100 };
/** Wrong tokens, or none. */
const STRANGERS = { burst: 20, perSecond: 0.5 };

export class LabServer {
  readonly access: Access;
  readonly jobs: Jobs;
  readonly store: RunStore;
  readonly #audit: AuditLog;
  readonly #server: Server;
  readonly #streams = new Map<string, LiveStream>();
  readonly #rate = new RateLimit(RATE);
  readonly #strangers = new RateLimit(STRANGERS);

  constructor(options: LabServerOptions) {
    this.access = new Access(options);
    this.store = new RunStore(options.store);
    this.#audit = new AuditLog(join(this.store.folder, '.tcblab-audit.jsonl'));
    this.jobs = new Jobs({ store: this.store.folder, systems: options.systems, atOnce: 2 });
    const endpoints = runEndpoints({
      store: this.store,
      jobs: this.jobs,
      audit: this.#audit,
      scenarios: options.scenarios,
      systems: ['reference', 'kernel', ...options.systems.keys()],
      streams: this.#streams,
    });
    // How often the limits below are looked at.
    const manners = { connectionsCheckingInterval: 1_000 };
    this.#server = createServer(manners, this.#app(endpoints, options));
    // A request that comes drop by drop holds a place no longer than this.
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 15_000;
    this.#server.maxConnections = 2_000;
  }

  /** @returns the port */
  async listen(address: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, () => resolve());
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    this.access.listensAt(address, bound);
    this.#audit.add({ event: 'began', detail: `${address} ${bound}` });
    return bound;
  }

  async close(): Promise<void> {
    await this.jobs.close();
    for (const stream of this.#streams.values()) stream.close();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#audit.add({ event: 'ended' });
  }

  #app(endpoints: readonly Endpoint[], { pages }: LabServerOptions): Express {
    const app = express();
    app.disable('x-powered-by');
    app.set('query parser', 'simple');
    app.use((request, response, next) => this.#enter(request, response, next));
    app.use(express.json({ limit: LARGEST_BODY, strict: true }));
    const ajv = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true });
    for (const endpoint of endpoints) {
      const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
      app[endpoint.method](path, allow(endpoint.role), validate(ajv, endpoint), endpoint.handle);
    }
    const document = openApiOf(endpoints, VERSION);
    app.get('/api/openapi.json', (_request, response) => void response.json(document));
    app.use('/api', (_request, response) => problem(response, 404, 'There is no such part of the API.'));
    pages?.(app);
    app.use((_request, response) => problem(response, 404, 'There is nothing here.'));
    app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
      // Express knows the status of what it refused itself; anything else is a fault of ours.
      const { status = 500, type = 'fault' } = error as { status?: number; type?: string };
      if (response.headersSent) next(error);
      else
        problem(response, status, status === 500 ? 'The server failed.' : `The request is not fit: ${type}.`);
    });
    return app;
  }

  #enter(request: Request, response: Response, next: NextFunction): void {
    setSecurityHeaders(response);
    const from = request.socket.remoteAddress ?? '';
    const now = performance.now();
    if (!this.#rate.take(now, from)) {
      response.setHeader('retry-after', '1');
      problem(response, 429, 'Too many requests.', 'Ask again in a second.');
      return;
    }
    const { token } = request.query;
    const admission = this.access.admit(request, typeof token === 'string' ? token : undefined);
    if (!admission.ok) {
      const { status, reason } = admission;
      const tooMany = !this.#strangers.take(now, from);
      if (!tooMany) {
        this.#audit.add({
          event: 'refused',
          from,
          status,
          detail: `${request.method} ${request.path.slice(0, 200)}`,
        });
      }
      response.setHeader('connection', 'close');
      problem(response, tooMany ? 429 : status, `Refused: ${reason}.`);
      return;
    }
    response.locals['role'] = admission.role;
    if (admission.by === 'token') {
      this.#audit.add({ event: 'entered', from, role: admission.role });
      const cookie = `${this.access.cookie}=${this.access.tokens[admission.role]}`;
      response.setHeader('set-cookie', `${cookie}; HttpOnly; SameSite=Strict; Path=/`);
      if (request.method === 'GET' && !request.path.startsWith('/api/')) {
        // The token leaves the address bar, the history, and what the page could tell others.
        response.redirect(303, request.path.replace(/^[/\\]+/, '/'));
        return;
      }
    }
    next();
  }
}

/** Send a page of ours. */
export function sendPage(response: Response, html: string): void {
  response.setHeader('content-security-policy', pagePolicy(html));
  response.setHeader('cache-control', 'no-cache');
  response.type('html').send(html);
}

function allow(needed: Role) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    const role = response.locals['role'] as Role;
    if (isAtLeast(role, needed)) next();
    else
      problem(
        response,
        403,
        `A ${role} may not do this; it takes ${needed}.`,
        'Ask whoever started the server.',
      );
  };
}

function validate(ajv: Ajv, { body, query }: Endpoint) {
  const checks = [
    ['body', body],
    ['query', query],
  ] as const;
  const compiled = checks.flatMap(([part, schema]) =>
    schema === undefined ? [] : [[part, ajv.compile(schema)] as const],
  );
  return (request: Request, response: Response, next: NextFunction): void => {
    for (const [part, fits] of compiled) {
      if (fits(request[part])) continue;
      const [error] = fits.errors ?? [];
      const where =
        error?.instancePath === undefined || error.instancePath === ''
          ? part
          : `${part}${error.instancePath}`;
      problem(response, 400, `${where} ${error?.message ?? 'does not fit'}.`, 'See /api/openapi.json.');
      return;
    }
    next();
  };
}
