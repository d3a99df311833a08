// What a client of the API sends to an app, and what it gets, for tests of routes.
import type { AppRouter } from '../../src/http/router.ts';

/** Where browsers reach the shop: the origin of its own pages. */
const SHOP = 'http://shop.test';

export interface Asking {
  headers?: Record<string, string>;
  json?: unknown;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON as it came: what a test expects of it is the check, a type would be a claim
  body: any;
}

export type Ask = ReturnType<typeof asking>;

/** A request with a JSON body, where there is one. */
export function requestOf(method: string, { headers, json }: Asking): RequestInit {
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  return { method, headers: { ...type, ...headers }, body: json === undefined ? null : JSON.stringify(json) };
}

/** Sends requests to the routes under /api/v1: `ask('GET', 'cart', { headers })`. */
export function asking(app: AppRouter) {
  return async (method: string, path: string, asked: Asking = {}): Promise<Answered> => {
    const answer = await app.request(`${SHOP}/api/v1/${path}`, requestOf(method, asked));
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? null : JSON.parse(text) };
  };
}

/** All pages of a list, one after the other: `pagesOf(ask, 'orders?limit=2', headers)`. @param list its path with a query */
export async function pagesOf(ask: Ask, list: string, headers: Record<string, string>): Promise<Answered['body'][][]> {
  const pages: Answered['body'][][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await ask('GET', `${list}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { headers });
    pages.push(body.items);
    cursor = body.nextCursor;
  }
  return pages;
}
