// The routes of the shop as its OpenAPI document tells them: nothing here knows one of them by name.
import { z } from 'zod';
import { call } from '../../test/support/shopper.ts';

const OK = 200;

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
}

export interface Route {
  /** `POST /api/v1/orders`: how findings name it. */
  name: string;
  method: Method;
  /** With its parameters in braces. */
  path: string;
  parameters: Parameter[];
  /** The credentials that it takes, by their names in the document; none where anyone may ask. */
  credentials: ReadonlySet<string>;
  /** A body that is valid but for its ids; undefined where it takes none. */
  example: unknown;
  /** The values of those fields of its body that have a few only. */
  choices: ReadonlyMap<string, unknown[]>;
  /** By status and media type; null is a media type whose body has no JSON schema. */
  answers: Map<number, Map<string, z.ZodType | null>>;
}

type Json = Record<string, unknown>;

interface Operation {
  parameters?: { name: string; in: Parameter['in'] }[];
  security?: Record<string, string[]>[];
  requestBody?: { content: Record<string, { example?: unknown; schema?: Json } | undefined> };
  responses: Record<string, { content?: Record<string, { schema?: Json }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation | undefined>>;
  components?: { schemas?: Record<string, Json> };
}

export async function readRoutes(api: string): Promise<Route[]> {
  const { status, body: document } = await call<Document>(`${api}/api/openapi.json`, {});
  if (status !== OK) throw new Error(`the document is ${status}`);
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method.toLowerCase()];
      return operation === undefined ? [] : [routeOf(document, { method, path, operation })];
    }),
  );
}

function routeOf(
  document: Document,
  { method, path, operation }: { method: Method; path: string; operation: Operation },
): Route {
  const { parameters = [], security = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  const answers = Object.entries(responses).map(([status, { content = {} }]) => {
    const bodies = Object.entries(content).map(([type, { schema }]) => {
      const isJson = type.includes('json') && schema !== undefined;
      return [type, isJson ? z.fromJSONSchema(resolved(document, schema, [])) : null] as const;
    });
    return [Number(status), new Map(bodies)] as const;
  });
  return {
    name: `${method} ${path}`,
    method,
    path,
    credentials: new Set(security.flatMap((way) => Object.keys(way))),
    parameters,
    example: body?.example,
    choices: new Map(body?.schema && choicesIn(resolved(document, body.schema, []))),
    answers: new Map(answers),
  };
}

/** The schema with every reference in its place; one that stands inside itself (a tree) admits anything there. */
function resolved(document: Document, schema: Json, inside: readonly string[]): Json {
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? '';
    const meant = document.components?.schemas?.[name];
    if (meant === undefined) throw new Error(`the document has no ${$ref}`);
    return inside.includes(name) ? {} : resolved(document, meant, [...inside, name]);
  }
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    return isObject(value) ? resolved(document, value, inside) : value;
  };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, walk(value)]));
}

/** The fields of which a schema names all the values that they may have. */
function choicesIn(schema: Json): [string, unknown[]][] {
  return Object.entries(schema).flatMap(([name, value]): [string, unknown[]][] => {
    if (!isObject(value)) return [];
    const own: [string, unknown[]][] = Array.isArray(value['enum']) ? [[name, value['enum']]] : [];
    return [...own, ...choicesIn(value)];
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
