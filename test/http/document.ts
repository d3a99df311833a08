// The OpenAPI document of the whole API, and its routes, for tests of each of them.
import { createApp } from '../../src/http/app.ts';
import { floor } from './floor.ts';

interface Media {
  schema?: unknown;
  example?: Record<string, unknown>;
  examples?: Record<string, unknown>;
}

export interface Operation {
  security?: unknown[];
  summary?: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

const answer = await createApp(floor(null).deps).request('/api/openapi.json');
export const DOCUMENT: Document = JSON.parse(await answer.text());

/** By method and path: `POST /api/v1/orders`. */
export const ROUTES = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]): [string, Operation] => [
    `${method.toUpperCase()} ${path}`,
    operation,
  ]),
);
