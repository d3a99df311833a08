// The text of JSON answers, kept beside the Response that carries it: what wants to measure, tag or store an answer finds
// it here. Reading it back from the Response would go through streams, at several times the cost of the whole answer.
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './router.ts';

const texts = new WeakMap<Response, string>();

/** A response whose text is kept. */
export function textResponse(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  texts.set(response, text);
  return response;
}

/** Keeps the text of what a handler answers with `c.json`. */
export const keptTexts: MiddlewareHandler<AppEnv> = (c, next) => {
  c.json = new Proxy(c.json, {
    apply(json, self, [object, ...rest]) {
      const response: unknown = Reflect.apply(json, self, [object, ...rest]);
      if (response instanceof Response) texts.set(response, JSON.stringify(object));
      return response;
    },
  });
  return next();
};

/** The text of an answer; one that is not kept is read from a copy, so that it stays whole. */
export async function textOf(response: Response): Promise<string> {
  const text = texts.get(response) ?? (await response.clone().text());
  texts.set(response, text);
  return text;
}
