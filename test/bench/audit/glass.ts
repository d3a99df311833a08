// A glass before a server of the stack: what it lists is seen through it as it is, or bent by the test. Nothing is changed behind it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A row of a list, as JSON has it. */
export type Row = Record<string, unknown>;
/** What becomes of each list, by its path. */
export type Bends = Record<string, (rows: Row[]) => Row[]>;

export interface Glass {
  url: string;
  /** Bends the lists from now on; `{}` shows them as they are. */
  bend(bends: Bends): void;
  close(): void;
}

export async function openGlass(target: string): Promise<Glass> {
  let bends: Bends = {};
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    void (async () => {
      const list = (await (await fetch(`${target}${path}`)).json()) as Row[];
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(bends[path]?.(list) ?? list));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bend: (next) => {
      bends = next;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
