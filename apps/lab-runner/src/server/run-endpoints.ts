/** What the API does with runs: list, start, follow, fetch, compare, cancel, delete. */
import type { Request, Response } from 'express';
import { isFileName, openFile, type RunStore } from '../store/run-store.ts';
import { firstDivergence, ladderOf } from '../store/divergence.ts';
import { BENCHES } from '../run/request.ts';
import { TRACE } from '../run/live-trace.ts';
import type { AuditLog } from './audit.ts';
import type { Role } from './access.ts';
import { pathValue, problem, type Endpoint } from './endpoint.ts';
import type { Jobs } from './jobs.ts';
import { LiveStream } from './live-stream.ts';
import * as schemas from './schemas.ts';
import { sendFile } from './send-file.ts';

export interface RunEndpointsOptions {
  readonly store: RunStore;
  readonly jobs: Jobs;
  readonly audit: AuditLog;
  readonly scenarios: readonly string[];
  readonly systems: readonly string[];
  /** Streams that are open, for whoever closes the server. */
  readonly streams: Map<string, LiveStream>;
}

const MOST_VIEWERS = 500;
const NO_RUN = { 404: 'no such run' };

export function runEndpoints(options: RunEndpointsOptions): Endpoint[] {
  const { store, jobs, audit, streams } = options;

  const folderOf = (id: string): string | null => store.pathOf(id) ?? jobs.draftOf(id);

  async function view(id: string): Promise<Record<string, unknown> | null> {
    const job = jobs.get(id);
    const stored = store.one(id);
    if (job === undefined && stored === null) return null;
    const told =
      job === undefined
        ? { id, state: 'finished' }
        : {
            id,
            // A run may be in its place a moment before its process has gone.
            state: stored !== null && job.state === 'failed' ? 'finished' : job.state,
            reason: job.reason,
            scenario: job.body.scenario,
            bench: job.body.bench ?? 'netns',
            seed: job.body.seed,
            progress: job.progress.map((text) => ({ text })),
          };
    const whole = stored === null ? null : await store.read(id);
    if (stored === null || whole === null) return told;
    const { scenario, bench, seed, files } = whole.bundle;
    return {
      ...told,
      verdict: whole.result.verdict,
      reason: whole.result.reason,
      scenario,
      bench,
      seed,
      finished: new Date(stored.finished).toISOString(),
      octets: stored.octets,
      files: files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
    };
  }

  async function list(_request: Request, response: Response): Promise<void> {
    const alive = jobs.list().toReversed();
    const ids = [...new Set([...alive.map(({ id }) => id), ...store.list().map(({ id }) => id)])];
    const runs = await Promise.all(ids.slice(0, 500).map(view));
    response.json({ runs: runs.filter((run) => run !== null) });
  }

  async function one(request: Request, response: Response): Promise<void> {
    const run = await view(pathValue(request, 'id'));
    if (run === null) problem(response, 404, 'There is no such run.');
    else response.json(run);
  }

  function start(request: Request, response: Response): void {
    const body = request.body as schemas.RunBody;
    if (body.bench === 'virtual' && (body.a === 'kernel' || body.b === 'kernel')) {
      problem(response, 400, 'The virtual bench has no kernel.', 'Choose the bench netns.');
      return;
    }
    const job = jobs.start(body);
    if (job === null) {
      problem(response, 503, 'Too many runs wait already.', 'Wait for one of them, or cancel it.');
      return;
    }
    audit.add({ event: 'run', ...who(request, response), detail: job.id });
    response.status(202).location(`/api/runs/${job.id}`).json({ id: job.id, state: job.state });
  }

  function cancel(request: Request, response: Response): void {
    const id = pathValue(request, 'id');
    if (!jobs.cancel(id)) {
      problem(response, 404, 'There is no such run that could be cancelled.');
      return;
    }
    audit.add({ event: 'cancel', ...who(request, response), detail: id });
    response.status(202).json({ id, state: jobs.get(id)?.state });
  }

  function remove(request: Request, response: Response): void {
    const id = pathValue(request, 'id');
    if (jobs.isAlive(id)) problem(response, 409, 'The run is under way.', 'Cancel it first.');
    else if (!store.remove(id)) problem(response, 404, 'There is no such run.');
    else {
      audit.add({ event: 'delete', ...who(request, response), detail: id });
      response.status(204).end();
    }
  }

  async function file(request: Request, response: Response): Promise<void> {
    const [id, name] = [pathValue(request, 'id'), pathValue(request, 'name')];
    // A run may be moved into its place between two looks.
    for (let look = 0; look < 2 && isFileName(name); look++) {
      const folder = folderOf(id);
      const opened = folder === null ? null : await openFile(folder, name);
      if (opened === null) continue;
      await sendFile(request, response, opened, name);
      return;
    }
    problem(response, 404, 'There is no such file of a run.');
  }

  async function trace(request: Request, response: Response): Promise<void> {
    const id = pathValue(request, 'id');
    if (folderOf(id) === null && !jobs.isAlive(id)) {
      problem(response, 404, 'There is no such run.');
      return;
    }
    let stream = streams.get(id);
    if (stream === undefined) {
      const fresh = new LiveStream({
        open: async () => {
          const folder = folderOf(id);
          return folder === null ? null : openFile(folder, TRACE);
        },
        alive: () => jobs.isAlive(id),
        verdict: async () => (await view(id)) ?? { id },
        onIdle: () => {
          if (streams.get(id) === fresh) streams.delete(id);
        },
      });
      stream = fresh;
      streams.set(id, stream);
    }
    if (stream.viewers >= MOST_VIEWERS) {
      problem(response, 503, `${MOST_VIEWERS} viewers follow this run already.`);
      return;
    }
    // A browser tells what it had last when it comes back; `after` is for whoever cannot set a header.
    const after = request.get('last-event-id') ?? request.query['after'];
    await stream.serve(response, typeof after === 'string' && /^\d{1,12}$/.test(after) ? Number(after) : -1);
  }

  function compare(request: Request, response: Response): void {
    const ladders = (['id', 'other'] as const).map((name) => {
      const folder = store.pathOf(pathValue(request, name));
      return folder === null ? null : ladderOf(folder);
    });
    const [one, other] = ladders;
    if (one === null || other === null) problem(response, 404, 'One of the runs is not there.');
    else response.json({ divergence: firstDivergence(one, other) });
  }

  function benches(_request: Request, response: Response): void {
    response.json({
      benches: BENCHES.map((name) => ({
        name,
        holders: jobs
          .list()
          .filter(({ state, body }) => state === 'running' && (body.bench ?? 'netns') === name)
          .map(({ id }) => id),
      })),
      scenarios: options.scenarios,
      systems: options.systems,
      role: response.locals['role'],
    });
  }

  const run = { status: 200, description: 'the run', schema: schemas.runSchema };
  const path = '/api/runs/{id}';
  return [
    {
      method: 'get',
      path: '/api/benches',
      role: 'viewer',
      summary: 'Benches, who holds them, and what can be run',
      gives: { status: 200, description: 'what there is', schema: schemas.benchListSchema },
      handle: benches,
    },
    {
      method: 'get',
      path: '/api/runs',
      role: 'viewer',
      summary: 'Runs, newest first, those under way before them',
      gives: { status: 200, description: 'at most 500 runs', schema: schemas.runListSchema },
      handle: list,
    },
    {
      method: 'post',
      path: '/api/runs',
      role: 'student',
      summary: 'Start a run',
      body: schemas.runRequestSchema(options.scenarios, options.systems),
      gives: { ...run, status: 202, description: 'it waits or runs' },
      refuses: { 503: 'too many runs wait' },
      handle: start,
    },
    {
      method: 'get',
      path,
      role: 'viewer',
      summary: 'One run: state, progress, verdict, files',
      gives: run,
      refuses: NO_RUN,
      handle: one,
    },
    {
      method: 'delete',
      path,
      role: 'staff',
      summary: 'Delete a finished run',
      gives: { status: 204, description: 'gone' },
      refuses: { ...NO_RUN, 409: 'it is under way' },
      handle: remove,
    },
    {
      method: 'post',
      path: `${path}/cancel`,
      role: 'student',
      summary: 'Stop a run; what was captured until then is kept',
      gives: { ...run, status: 202 },
      refuses: NO_RUN,
      handle: cancel,
    },
    {
      method: 'get',
      path: `${path}/files/{name}`,
      role: 'viewer',
      summary: 'A file of a run, also while it grows; takes a byte range',
      gives: { status: 200, description: 'the octets', type: 'application/octet-stream' },
      refuses: { 404: 'no such file', 416: 'no such range' },
      handle: file,
    },
    {
      method: 'get',
      path: `${path}/trace`,
      role: 'viewer',
      summary: "The trace as server-sent events; an event's id is its record's number, Last-Event-ID resumes",
      query: { type: 'object', properties: { after: { type: 'string', pattern: '^\\d{1,12}$' } } },
      gives: { status: 200, description: 'header, records, end', type: 'text/event-stream' },
      refuses: { ...NO_RUN, 503: 'too many viewers' },
      handle: trace,
    },
    {
      method: 'get',
      path: `${path}/diff/{other}`,
      role: 'viewer',
      summary: 'Where two runs first differ',
      gives: { status: 200, description: 'the first rows that differ', schema: schemas.divergenceSchema },
      refuses: NO_RUN,
      handle: compare,
    },
  ];
}

function who(request: Request, response: Response): { from: string; role: Role } {
  return { from: request.socket.remoteAddress ?? '', role: response.locals['role'] as Role };
}
