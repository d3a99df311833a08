// A lean HTTP client for whatever loads a shop: node:http with connections that are kept, because what a driver costs is taken from
// the shop that it measures (global fetch costs about three times as much per request).
import { Agent, type IncomingHttpHeaders, request as send } from 'node:http';

export interface HttpRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * Sends a request to an absolute http: URL.
 * @param isEnough sees the answer with as much of its text as has come, each time that more has; when it says so, the rest is left
 * @throws with a `code` when no whole answer came
 */
export type Http = (
  url: string,
  request: HttpRequest,
  isEnough?: (answer: HttpAnswer) => boolean,
) => Promise<HttpAnswer>;

export interface HttpClient {
  http: Http;
  close: () => void;
}

/** An answer that takes this long is none: the API itself gives up after 15 s. */
const ANSWER_WITHIN_MS = 30_000;

export function createHttp(): HttpClient {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  const http: Http = (url, { method, headers, body }, isEnough) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const request = send(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
        const answer: HttpAnswer = { status: response.statusCode ?? 0, headers: response.headers, text: '' };
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          answer.text += part;
          if (isEnough?.(answer) !== true) return;
          resolve(answer);
          request.destroy();
        });
        response.on('end', () => resolve(answer));
        response.on('error', reject);
      });
      const late = () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }));
      request.setTimeout(ANSWER_WITHIN_MS, late);
      request.on('error', reject);
      request.end(body);
    });
  return { http, close: () => agent.destroy() };
}
