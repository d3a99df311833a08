// One signed POST to a webhook endpoint, over connections that are kept open between events.
import http from 'node:http';
import https from 'node:https';

/** Stripe gives an endpoint some seconds; one that is slower has its event again later. */
const ANSWER_WITHIN_MS = 10_000;

type Outcome = { ok: true } | { ok: false; reason: string };

export interface Post {
  /** Never rejects: what went wrong is the reason. A redirect is a failure, as at Stripe. */
  (url: string, payload: string, signature: string): Promise<Outcome>;
  /** Breaks off what is under way. */
  close(): void;
}

export function createPost(): Post {
  const stop = new AbortController();
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  const post = (url: string, payload: string, signature: string) =>
    new Promise<Outcome>((resolve) => {
      const fail = (error: Error) => resolve({ ok: false, reason: error.message });
      const secure = url.startsWith('https:');
      const options = {
        method: 'POST',
        agent: secure ? agents.https : agents.http,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': Buffer.byteLength(payload),
          'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'Stripe-Signature': signature,
        },
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      };
      const request = (secure ? https : http).request(url, options, (response) => {
        const status = response.statusCode ?? 0;
        response.on('error', fail);
        response.on('end', () =>
          resolve(status >= 200 && status < 300 ? { ok: true } : { ok: false, reason: `HTTP ${status}` }),
        );
        response.resume();
      });
      request.on('error', fail);
      request.end(payload);
    });
  return Object.assign(post, {
    close() {
      stop.abort();
      agents.http.destroy();
      agents.https.destroy();
    },
  });
}
