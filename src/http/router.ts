// The router that every area makes its routes with: what a schema refuses is a problem, in one shape.
import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { ZodError } from 'zod';
import type { ApiKey } from '../platform/api-keys.ts';
import type { Login } from '../platform/auth.ts';
import type { Logger } from '../platform/logger.ts';
import { type FieldError, problem } from './problem.ts';

/** A machine's key or a person's session that is good at this moment; neither where the credentials prove nothing. */
export interface Proven {
  key?: ApiKey | undefined;
  login?: Login | undefined;
}

/** What a handler finds in its context beside the request. */
export type AppEnv = {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** The process's logger with this request's id on every line; made when it is wanted. */
    logger: () => Logger;
    /** Names the request and its repeats, where it came with an Idempotency-Key. */
    requestKey?: string;
    /** What the credentials have been found to prove, for the handler to take over; it is not there for a second asking. */
    proven?: Proven;
    /** Whom the request's credentials have proven it to be from: `user:<id>` or `key:<id>`. */
    account?: string;
  };
};

export type AppRouter = OpenAPIHono<AppEnv>;

/** A router whose validation failures are 422 `validation_failed`; in a path, they are 404: such a thing cannot exist. */
export function createRouter(): AppRouter {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      if (result.target === 'param') throw problem('not_found');
      throw problem('validation_failed', { errors: fieldErrors(result.error) });
    },
  });
}

/** The wrong fields of a zod error; each unknown field by its own name. */
export function fieldErrors(error: ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known here' }));
    }
    return [{ path: issue.path.join('.'), message: issue.message }];
  });
}
