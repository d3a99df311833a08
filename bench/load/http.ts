// A lean HTTP client for the driver: node:http with connections that are kept, because what the driver costs is taken from the
// shop that it measures (global fetch costs about three times as much per request).
import { Agent, request as send } from 'node:http';

export interface HttpAnswer {
  status: number;
  text: string;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

/** Sends a request to an absolute http: URL. @throws with a `code` when no whole answer came */
export type Http = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** An answer that takes this long is none: the API itself gives up after 15 s. */
const ANSWER_WITHIN_MS = 30_000;

export function createHttp(): { http: Http; close: () => void } {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  const http: Http = (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const request = send(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
      request.on('error', reject);
      request.end(body);
    });
  return { http, close: () => agent.destroy() };
}
