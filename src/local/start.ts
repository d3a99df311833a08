// `npm start`: brings up everything that an order platform needs and that is not configured, keeps it running, and stops
// it in order. A second start finds its data again, and nothing outlives this process however it ends.
import { join } from 'node:path';
import { type Config, requireSettings } from '../config.ts';
import { bringUp } from './bring-up.ts';
import { createCrew } from './crew.ts';
import { openHome } from './home.ts';
import { signalNumber } from './launch.ts';
import { createLeftovers } from './leftovers.ts';
import { createFileLogs, createStdoutLogs } from './logs.ts';
import { reasonOf, StartProblem } from './problem.ts';
import { createProgress, elapsed } from './progress.ts';
import { type Shutdown, watchForShutdown } from './shutdown.ts';
import { removeStack, type Stack, writeStack } from './stack-file.ts';
import { claimStackPorts } from './stack-ports.ts';
import { welcome } from './welcome.ts';

/** Runs the stack until it is told to stop. What a person can mend is one sentence on standard error, and exit code 1. */
export async function start(config: Config): Promise<void> {
  if (config.STRIPE_SECRET_KEY !== undefined) requireSettings(config, 'STRIPE_WEBHOOK_SECRET');
  process.stdout.on('error', () => undefined); // a closed pipe: whoever read it has gone, the shop goes on
  const shutdown = watchForShutdown();
  try {
    await runStack(config, shutdown);
    process.exit(0);
  } catch (error) {
    if (shutdown.signal.aborted) process.exit(0);
    if (!(error instanceof StartProblem)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

async function runStack(config: Config, shutdown: Shutdown): Promise<void> {
  const began = Date.now();
  const home = await openHome(config.PERDURE_HOME);
  const logs = config.PERDURE_LOGS === 'files' ? createFileLogs(join(home.folder, 'logs')) : createStdoutLogs(print);
  const leftovers = createLeftovers(home.folder);
  let current: (() => Stack) | undefined;
  const crew = createCrew(logs, (pids) => {
    if (current !== undefined) writeStack(home.folder, current());
    leftovers.note(pids).catch((error: unknown) => logs.event('start', 'error', reasonOf(error)));
  });
  shutdown.onImpatience(() => {
    crew.kill();
    process.exit(128 + signalNumber('SIGINT'));
  });
  try {
    removeStack(home.folder);
    await leftovers.endAll();
    const ports = await claimStackPorts(config);
    print(`Perdure: starting the shop in ${home.folder}`);
    const up = bringUp({ config, home, ports, crew, tell: createProgress(print) });
    await Promise.race([up, shutdown.requested]);
    if (shutdown.signal.aborted) return;
    current = await up;
    writeStack(home.folder, current());
    print(await welcome(current(), home.folder, elapsed(began)));
    logs.flow();
    await shutdown.requested;
    logs.event('stack', 'info', 'stopping');
  } finally {
    current = undefined;
    removeStack(home.folder);
    await crew.stop();
    await leftovers.note([]);
    await logs.close();
    await home.lock.release();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
