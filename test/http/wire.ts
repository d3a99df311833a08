// Raw connections for the tests of the server: bytes out, the answer's text in.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Wire {
  send(bytes: string): void;
  /** Waits until everything received so far matches, and gives it. */
  received(pattern: RegExp): Promise<string>;
  /** Waits for the end of the connection and gives all that came. */
  ended(): Promise<string>;
  socket: Socket;
}

/** Opens a connection to 127.0.0.1. */
export async function wire(port: number): Promise<Wire> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return {
    socket,
    send: (bytes) => socket.write(bytes),
    received: async (pattern) => {
      while (!pattern.test(text)) await Promise.race([once(socket, 'data'), closed.then(() => gone(text))]);
      return text;
    },
    ended: async () => {
      await closed;
      return text;
    },
  };
}

function gone(text: string): never {
  throw new Error(`the connection ended after: ${text}`);
}

/** A server that takes connections and never says anything, like a process that is frozen. */
export async function frozenServer(): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => sockets.delete(socket))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: portOf(server), close };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port');
  return address.port;
}
