// Ports on 127.0.0.1: the one that was asked for, or a free one for 0. A taken port is one sentence that names the setting.
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { StartProblem } from './problem.ts';

/** A port that is kept from others until `release`, which is called right before its program starts. */
export type Port = { number: number; release: () => Promise<void> };

/**
 * Free ports are taken from below the range that the system hands to outgoing connections (32768 and up on Linux), so that
 * a program that dies and comes back finds its port free whatever the machine has connected meanwhile.
 */
const FREE_FROM = 12_288;
const FREE_TO = 32_000;
/** A machine on which so many random ports of that range are all taken has another problem. */
const FREE_TRIES = 200;

/**
 * Claims a port.
 * @param setting the environment variable that decides it, for the message
 * @param wanted a port, or 0 for any free one
 * @throws {StartProblem} when it is taken
 */
export async function claimPort(setting: string, wanted: number): Promise<Port> {
  if (wanted === 0) return freePort();
  const port = await claim(wanted);
  if (port === undefined) {
    throw new StartProblem(
      `Port ${wanted} is taken by another program: set ${setting} to another port (0 means any free one), or stop that program.`,
    );
  }
  return port;
}

/** Claims any free port. */
export async function freePort(): Promise<Port> {
  for (let tries = 0; tries < FREE_TRIES; tries++) {
    const port = await claim(randomInt(FREE_FROM, FREE_TO));
    if (port !== undefined) return port;
  }
  throw new StartProblem(`No free port was found between ${FREE_FROM} and ${FREE_TO}.`);
}

function claim(number: number): Promise<Port | undefined> {
  return new Promise((resolve, reject) => {
    // Who already tries to reach the program that will listen here is turned away, or `close` would wait for it.
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen({ port: number, host: '127.0.0.1', exclusive: true }, () =>
      resolve({ number, release: () => closed(server) }),
    );
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) resolve();
    else server.close(() => resolve());
  });
}
