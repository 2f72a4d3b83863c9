/** What each record of a trace must hold, so that a file from anywhere is checked once, at the edge. */
import type { TraceEvent } from '@tcblab/tcp/trace';
import { isObject } from '../json.ts';

type Kind = 'number' | 'string' | 'boolean' | 'segment' | 'variables';
type Fields = Readonly<Record<string, Kind>>;

interface Shape {
  readonly needs: Fields;
  readonly may?: Fields;
}

const SHAPES: { readonly [Name in TraceEvent['name']]: Shape } = {
  connection_started: {
    needs: {
      local: 'string',
      local_port: 'number',
      remote: 'string',
      remote_port: 'number',
      passive: 'boolean',
    },
  },
  segment_sent: { needs: { segment: 'segment', again: 'boolean' } },
  segment_received: { needs: { segment: 'segment' } },
  segment_dropped: { needs: { trigger: 'string' } },
  state_updated: { needs: { old: 'string', new: 'string', trigger: 'string', rfc: 'string' } },
  tcb_updated: { needs: { variables: 'variables' } },
  recovery_updated: {
    needs: {},
    may: {
      srtt: 'number',
      rttvar: 'number',
      rto: 'number',
      cwnd: 'number',
      ssthresh: 'number',
      in_flight: 'number',
      dupacks: 'number',
    },
  },
  timer_updated: { needs: { timer: 'string', event: 'string' }, may: { delta: 'number' } },
  app_call: { needs: { call: 'string', result: 'string' } },
  bench_event: { needs: { event: 'string' }, may: { detail: 'string' } },
};

const SEGMENT: Shape = {
  needs: { seq: 'number', ack: 'number', flags: 'number', wnd: 'number', length: 'number' },
  may: { mss: 'number', wscale: 'number', sack_permitted: 'boolean', ts_val: 'number', ts_ecr: 'number' },
};

/** Whether `name` is one that this version knows. */
export function isEventName(name: string): name is TraceEvent['name'] {
  return Object.hasOwn(SHAPES, name);
}

/** What is wrong with the fields of a record, in a phrase; null when nothing is. Fields that are not known are no fault. */
export function faultOf(name: TraceEvent['name'], data: Readonly<Record<string, unknown>>): string | null {
  if (typeof data.connection !== 'number') return 'connection is not a number';
  return faultIn(SHAPES[name], data, '');
}

function faultIn(shape: Shape, data: Readonly<Record<string, unknown>>, path: string): string | null {
  for (const [field, kind] of Object.entries(shape.needs)) {
    if (!Object.hasOwn(data, field)) return `${path}${field} is missing`;
    const fault = faultAt(kind, data[field], path + field);
    if (fault !== null) return fault;
  }
  for (const [field, kind] of Object.entries(shape.may ?? {})) {
    if (!Object.hasOwn(data, field)) continue;
    const fault = faultAt(kind, data[field], path + field);
    if (fault !== null) return fault;
  }
  return null;
}

function faultAt(kind: Kind, value: unknown, path: string): string | null {
  switch (kind) {
    case 'segment':
      return isObject(value) ? faultIn(SEGMENT, value, `${path}.`) : `${path} is not an object`;
    case 'variables':
      if (!isObject(value)) return `${path} is not an object`;
      for (const [name, each] of Object.entries(value)) {
        if (typeof each !== 'number') return `${path}.${name} is not a number`;
      }
      return null;
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === kind ? null : `${path} is not a ${kind}`;
  }
}
