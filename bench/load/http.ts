// A lean HTTP client for the driver: node:http with connections that are kept, because what the driver costs is taken from the
// shop that it measures (global fetch costs about three times as much per request).
import { Agent, type IncomingMessage, request as send } from 'node:http';

export interface HttpAnswer {
  status: number;
  text: string;
  /** Seconds, from Retry-After. */
  retryAfter: number | undefined;
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
const OK = 200;

/**
 * Reads a stream of server-sent events until one of them is enough, and leaves it.
 * @param isEnough is given what an event carries
 * @throws with a `code` when the stream ends before that; an answer that is no stream is returned
 */
export type Follow = (
  url: string,
  headers: Record<string, string>,
  isEnough: (data: string) => boolean,
) => Promise<HttpAnswer>;

export interface HttpClient {
  http: Http;
  follow: Follow;
  close: () => void;
}

export function createHttp(): HttpClient {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  const follow: Follow = (url, headers, isEnough) =>
    new Promise((resolve, reject) => {
      const request = send(url, { agent, headers: { ...headers, Accept: 'text/event-stream' } }, (response) => {
        const status = response.statusCode ?? 0;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          const told = status === OK ? text.split('\n\n') : [text];
          text = told.pop() ?? '';
          if (!told.some((event) => isEnough(dataOf(event)))) return;
          resolve({ status, text: '', retryAfter: undefined });
          request.destroy();
        });
        response.on('end', () => {
          if (status === OK) reject(Object.assign(new Error(), { code: 'STREAM_ENDED' }));
          else resolve({ status, text, retryAfter: secondsIn(response) });
        });
        response.on('error', reject);
      });
      request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
      request.on('error', reject);
      request.end();
    });
  const http: Http = (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const request = send(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, retryAfter: secondsIn(response) }));
        response.on('error', reject);
      });
      request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
      request.on('error', reject);
      request.end(body);
    });
  return { http, follow, close: () => agent.destroy() };
}

/** What an event of a stream carries; nothing where it is a comment. */
function dataOf(event: string): string {
  return /^data: (.*)$/m.exec(event)?.[1] ?? '';
}

function secondsIn({ headers }: IncomingMessage): number | undefined {
  const { 'retry-after': text } = headers;
  return text === undefined ? undefined : Number(text);
}
