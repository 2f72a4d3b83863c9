/** The OpenAPI document of a list of endpoints. */
import type { Endpoint } from './endpoint.ts';
import { problemSchema, type Schema } from './schemas.ts';

/** What any endpoint may answer. */
const ALWAYS: Readonly<Record<number, string>> = {
  401: 'no token',
  403: 'not with this role, or from another origin',
  429: 'too many requests',
};

export function openApiOf(endpoints: readonly Endpoint[], version: string): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    const { method, path, summary, role, body, query, gives, refuses = {} } = endpoint;
    const faults = { ...ALWAYS, ...(body === undefined && query === undefined ? {} : UNFIT), ...refuses };
    (paths[path] ??= {})[method] = {
      summary,
      description: `Role: ${role}.`,
      parameters: [...pathParameters(path), ...queryParameters(query)],
      ...(body === undefined
        ? {}
        : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
      responses: {
        [gives.status]: {
          description: gives.description,
          ...(gives.type === undefined && gives.schema === undefined
            ? {}
            : { content: { [gives.type ?? 'application/json']: { schema: gives.schema ?? {} } } }),
        },
        ...Object.fromEntries(
          Object.entries(faults).map(([status, description]) => [
            status,
            { description, content: { 'application/json': { schema: problemSchema } } },
          ]),
        ),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'tcblab', version, license: { name: 'MIT', identifier: 'MIT' } },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
    paths,
  };
}

const UNFIT: Readonly<Record<number, string>> = {
  400: 'not as the schema asks',
  413: 'larger than a request may be',
};

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Schema | undefined): unknown[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, unknown>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}
