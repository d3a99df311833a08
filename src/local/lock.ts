// A lock between processes that can never be stale: it is a listening socket, so the kernel ends it with its owner.
// Whoever finds it taken asks it who holds it. On Linux the socket has no file at all (an abstract name).
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Lock = { release: () => Promise<void> };
export type Held = { heldBy: string };

/** A holder answers from its event loop; one that is too busy for this long is reported without its process id. */
const ASK_OWNER_MS = 1000;

/**
 * Takes the lock of that name, or says who holds it.
 * @param name anything that names the thing to be locked, for example an absolute path
 */
export async function tryLock(name: string): Promise<Lock | Held> {
  const path = socketPath(name);
  const server = await listen(path);
  if (server !== undefined) return { release: () => close(server) };
  const owner = await askOwner(path);
  if (owner !== undefined || path.startsWith('\0')) return { heldBy: owner ?? 'another process' };
  // Only where sockets are files: nobody answers, so the file outlived its owner.
  await rm(path, { force: true });
  const second = await listen(path);
  return second === undefined ? { heldBy: 'another process' } : { release: () => close(second) };
}

function socketPath(name: string): string {
  const id = `perdure-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${id}` : join(tmpdir(), `${id}.sock`);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`process ${process.pid}`);
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function askOwner(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let answer = '';
    socket.setTimeout(ASK_OWNER_MS, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer === '' ? undefined : answer));
  });
}
