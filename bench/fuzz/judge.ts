// What is wrong with an answer: a fault of the server's own, a status that the document does not know, a body that is not as it says.
import { z } from 'zod';
import type { Route } from './document.ts';
import type { Answer } from './send.ts';

const SERVER_ERROR = 500;
/** Answers to what is no request of this route any more: another path by its wrong end, a header that Node refuses. */
const OF_ANY_ROUTE = new Set([302, 304, 400, 404, 405, 413, 414, 415, 431]);

/** @returns what is wrong, in a few words; undefined when nothing is */
export function judge(route: Route, { status, type, text }: Answer): string | undefined {
  if (status >= SERVER_ERROR) return `${status} ${text.slice(0, 200)}`;
  const bodies = route.answers.get(status);
  if (bodies === undefined) return OF_ANY_ROUTE.has(status) ? undefined : `${status} is not in the document`;
  if (text === '' && bodies.size === 0) return undefined;
  const schema = bodies.get(type);
  if (schema === undefined) return OF_ANY_ROUTE.has(status) ? undefined : `${status} came as ${type || 'nothing'}`;
  if (schema === null) return undefined;
  const parsed = schema.safeParse(parsedOf(text));
  return parsed.success
    ? undefined
    : `${status} is not as the document says: ${z.prettifyError(parsed.error).slice(0, 300)}`;
}

/** Undefined where it is no JSON, which no schema admits. */
function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
