// A Node server that can stop without cutting anybody off: it counts what is under way and says when that has ended.
import type { Server } from 'node:http';

export interface Drain {
  /** Requests whose answers have not ended, live streams included. */
  inFlight(): number;
  /**
   * Waits until nothing is under way, then closes the server; what is left after the limit is cut.
   * @param limit milliseconds
   * @returns how many requests were cut
   */
  close(limit: number): Promise<number>;
}

/** Watches a server from its start on. While `close` waits the server keeps listening, so that new requests get their 503. */
export function watchServer(server: Server): Drain {
  let underWay = 0;
  const idle = new EventTarget();
  server.on('request', (_request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      if (underWay === 0) idle.dispatchEvent(new Event('idle'));
    });
  });
  const quiet = (limit: number) =>
    new Promise<void>((resolve) => {
      if (underWay === 0) return resolve();
      const timer = setTimeout(resolve, limit);
      idle.addEventListener('idle', () => (clearTimeout(timer), resolve()), { once: true });
    });
  return {
    inFlight: () => underWay,
    async close(limit) {
      await quiet(limit);
      const cut = underWay;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      return cut;
    },
  };
}
