// A route that takes an Idempotency-Key, and tells how often what it does was done.
import type { MiddlewareHandler } from 'hono';
import { requirePerson } from '../../src/http/caller.ts';
import { idempotent } from '../../src/http/idempotency.ts';
import { type AppEnv, createRouter } from '../../src/http/router.ts';
import type { Database } from '../../src/platform/database.ts';
import { floor } from './floor.ts';

export const START = new Date('2026-11-20T12:00:00Z').getTime();

type Handler = (run: number) => Response | Promise<Response>;

/** One route whose handler tells how often it ran, on a clock that the test moves. */
export function keyedRoute(
  db: Database,
  options: Parameters<typeof idempotent>[1] = {},
  handler: Handler = (run) => Response.json({ run }, { status: 201 }),
  environment: Record<string, string> = {},
  asksWho = false,
) {
  const state = { runs: 0, now: START };
  const { app } = floor(
    (deps) => {
      const router = createRouter();
      const middleware: MiddlewareHandler<AppEnv> = idempotent(deps, options);
      router.post('/things', middleware, async (c) => {
        if (asksWho) await requirePerson(c, deps);
        return handler((state.runs += 1));
      });
      return router;
    },
    { IDEMPOTENCY_TTL: '3600', ...environment },
    { db, clock: () => new Date(state.now) },
  );
  const send = async (key: string | null, body = '{"a":1,"b":2}', headers: Record<string, string> = {}) =>
    app.request('/api/v1/things', {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        'X-Cart-Token': 'mine',
        ...(key !== null && { 'Idempotency-Key': key }),
        ...headers,
      },
    });
  return { send, state };
}

/** What can be chosen of one. */
export type HowKeyed = Parameters<typeof keyedRoute> extends [Database, ...infer Rest] ? Rest : never;
