// The Node server under the app: its limits for slow clients, and problem+json for what never becomes a request.
import { createServer as createNodeServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { PROBLEMS, type ProblemCode, problemBody } from './problem.ts';
import type { AppRouter } from './router.ts';

/** Headers come in one packet from an honest client. */
const HEADERS_TIMEOUT_MS = 15_000;
/** A whole body, at the body limit and a slow mobile line. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for slow requests: its default of 30 s would let them live twice as long as told. */
const CHECK_INTERVAL_MS = 1_000;
/** Longer than the usual idle limit of a load balancer (60 s), so that it is never us who close under its next request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Makes the server, not yet listening. */
export function createServer(app: Pick<AppRouter, 'fetch'>): Server {
  const listener = getRequestListener(app.fetch);
  const server = createNodeServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    // The listener handles its own errors; its promise only says that the answer has ended.
    (request, response) => void listener(request, response),
  );
  server.on('clientError', refuse);
  return server;
}

/**
 * Listens.
 * @returns the address as a URL
 * @throws {Error} with `code` EADDRINUSE when the port is taken
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

const REASONS: Record<string, { code: ProblemCode; status: number; phrase: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', status: 408, phrase: 'Request Timeout' },
  HPE_HEADER_OVERFLOW: { code: 'payload_too_large', status: 431, phrase: 'Request Header Fields Too Large' },
};
const MALFORMED = { code: 'malformed_request', status: 400, phrase: 'Bad Request' } as const;

/** Answers bytes that are no request, or that came too slowly, and closes the connection. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy(error);
    return;
  }
  const { code, status, phrase } = REASONS[error.code ?? ''] ?? MALFORMED;
  const body = JSON.stringify({ ...problemBody(code), title: PROBLEMS[code].title, status });
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
