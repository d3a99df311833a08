// What a route is: its parameters are checked before anything begins, its answer is expanded after it is done.
import type { z } from 'zod';
import { type Answer, checkExpansions, expandAll } from './expansion.ts';
import { parseParameters } from './parameters.ts';
import type { Work } from './work.ts';

/** What a caller asks of a route: the id in its path (or ''), its parameters, and whether only the publishable key is known. */
export interface Asked {
  id: string;
  raw: Record<string, unknown>;
  publishable: boolean;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** Also for the publishable key, together with the intent's client secret. */
  publishable: boolean;
  /**
   * Checks the parameters and gives what is left to do.
   * @throws {Refusal} for parameters that are wrong in themselves: nothing has begun then
   */
  prepare(asked: Asked): (work: Work) => object;
}

interface Definition<S extends z.ZodType<{ expand?: string[] | undefined }>> {
  takes: S;
  gives: Answer;
  publishable?: true;
  run: (work: Work, params: z.output<S>, asked: Asked) => object;
}

/** One line of the table. The same parameters for everybody: `expand` belongs to every route. */
export function route<S extends z.ZodType<{ expand?: string[] | undefined }>>(
  method: Route['method'],
  path: string,
  { takes, gives, publishable, run }: Definition<S>,
): Route {
  return {
    method,
    path,
    publishable: publishable === true,
    prepare(asked) {
      const params = parseParameters(takes, asked.raw);
      const paths = params.expand ?? [];
      checkExpansions(gives, paths);
      return (work) => expandAll(work.store, gives, run(work, params, asked), paths);
    },
  };
}
