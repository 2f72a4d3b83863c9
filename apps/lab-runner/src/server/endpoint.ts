/** One thing that the API does. A list of these is the router and the OpenAPI document. */
import type { Request, Response } from 'express';
import type { Role } from './access.ts';
import type { Schema } from './schemas.ts';

export interface Endpoint {
  readonly method: 'get' | 'post' | 'delete';
  /** With `{name}` where a value stands, as OpenAPI has it. */
  readonly path: string;
  readonly summary: string;
  /** Who may. */
  readonly role: Role;
  readonly body?: Schema;
  readonly query?: Schema;
  /** What comes with success. */
  readonly gives: {
    readonly status: number;
    readonly description: string;
    readonly type?: string;
    readonly schema?: Schema;
  };
  /** Refusals of its own: status and what it means. */
  readonly refuses?: Readonly<Record<number, string>>;
  readonly handle: (request: Request, response: Response) => void | Promise<void>;
}

export function problem(response: Response, status: number, what: string, next?: string): void {
  response.status(status).json({ problem: what, ...(next === undefined ? {} : { next }) });
}

/** A value of the path, which the router has found there. */
export function pathValue(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}
