// A request of the fuzz, before and after it is finished.
import type { Method, Route } from './document.ts';

export interface Sent {
  route: Route;
  role: string;
  method: Method;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  /** As it goes out. */
  body: string | undefined;
}

/** One that is not finished: `raw` goes out in place of what `json` would be. */
export type Draft = Omit<Sent, 'body'> & { json: unknown; raw?: string };
