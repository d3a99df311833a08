// Sends a request as it is, right or wrong, and gives what came back.
import { Agent, request } from 'node:http';
import type { Sent } from './sent.ts';

export interface Answer {
  status: number;
  /** Without its parameters. */
  type: string;
  text: string;
}

/** The API gives up by itself after 15 s; what takes longer hangs. */
const ANSWER_WITHIN_MS = 30_000;

export interface Sender {
  /** @throws with a `code` when no whole answer came */
  send: (sent: Sent) => Promise<Answer>;
  close: () => void;
}

export function createSender(api: string): Sender {
  const agent = new Agent({ keepAlive: true });
  const send = ({ method, path, headers, body }: Sent): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const options = { agent, method, headers: { ...headers, ...length }, timeout: ANSWER_WITHIN_MS };
      const asking = request(`${api}${path}`, options, (response) => {
        const type = (response.headers['content-type'] ?? '').split(';')[0] ?? '';
        const answer = { status: response.statusCode ?? 0, type };
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          // It has no end.
          if (type !== 'text/event-stream') return;
          resolve({ ...answer, text });
          asking.destroy();
        });
        response.on('end', () => resolve({ ...answer, text }));
        response.on('error', reject);
      });
      asking.on('timeout', () => asking.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
      asking.on('error', reject);
      asking.end(body);
    });
  return { send, close: () => agent.destroy() };
}
