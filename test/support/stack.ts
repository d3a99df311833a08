// A running shop for a test: `npm start` itself, as a process of its own, on free ports and in a home of its own.
import { fileURLToPath } from 'node:url';
import { environmentSchema } from '../../src/config.ts';
import { launch } from '../../src/local/launch.ts';
import { readStack, type Stack } from '../../src/local/stack-file.ts';
import { removeFolder, temporaryFolder } from './folders.ts';
import { newDatabase } from './new-database.ts';
import { bothRoles, sharedServers } from './servers.ts';
import { until } from './wait.ts';

export interface StackOptions {
  /** Settings of the shop, over the defaults. */
  env?: Record<string, string>;
  /** With PostgreSQL and Temporal of its own, as at a person's; otherwise on the shared ones, in a database and a namespace of its own. */
  own?: boolean;
  /** The home folder; it stays when the stack stops. Without it a temporary one, which goes. */
  home?: string;
  /** What to run instead of `node src/main.ts start`. */
  program?: string;
  args?: string[];
}

export interface RunningStack {
  /** What stack.json said when it was ready. */
  stack: Stack;
  /** Its API; the first of its processes where there are several. */
  api: string;
  home: string;
  /** Reads stack.json again; undefined when there is none. */
  read(): Promise<Stack | undefined>;
  /** Stops it as Ctrl-C does, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends `start` with -9, as an accident does, and returns when it is gone. */
  kill(): Promise<void>;
  /** Everything that it has printed. */
  output(): string;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 60_000;

/** Free ports, and no limit on how often a test may ask from one address. */
const DEFAULTS = {
  RATE_LIMIT_SCALE: '0',
  PORT: '0',
  TEMPORAL_PORT: '0',
  TEMPORAL_UI_PORT: '0',
  STRIPE_SIM_PORT: '0',
  INBOX_PORT: '0',
  SMTP_PORT: '0',
  PGPORT_LOCAL: '0',
  REDIS_PORT_LOCAL: '0',
};

/** Starts a stack and waits until it is ready. @throws with its output when it does not get there */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const home = options.home ?? temporaryFolder();
  const before = await readStack(home);
  const place = options.own === true ? { settings: {}, leave: async () => undefined } : await ownPlace();
  const started = spawnStart({ ...DEFAULTS, PERDURE_HOME: home, ...place.settings, ...options.env }, options);
  const leave = async (): Promise<void> => {
    await place.leave();
    if (options.home === undefined) removeFolder(home);
  };
  const ready = async (): Promise<Stack | undefined> => {
    if (started.exitCode() !== undefined) throw new Error(`start ended before it was ready:\n${started.output()}`);
    const stack = await readStack(home);
    // A file that a killed start of the same home left behind names another process.
    return stack?.pids.start !== before?.pids.start ? stack : undefined;
  };
  let stack: Stack;
  try {
    stack = await until('the stack is ready', ready, READY_WITHIN_MS);
  } catch (error) {
    started.signal('SIGKILL');
    await leave();
    throw error;
  }
  return {
    stack,
    api: stack.api[0] ?? '',
    home,
    read: () => readStack(home),
    output: () => started.output(),
    stop: async () => {
      started.signal('SIGTERM');
      const code = await started.ended(STOP_WITHIN_MS);
      await leave();
      return code;
    },
    kill: async () => {
      started.signal('SIGKILL');
      await started.ended(STOP_WITHIN_MS);
    },
  };
}

export interface StartProcess {
  pid: number;
  output(): string;
  /** Undefined while it runs, null when a signal ended it. */
  exitCode(): number | null | undefined;
  signal(name: NodeJS.Signals): void;
  /** Waits for its end and gives its exit code. */
  ended(withinMs: number): Promise<number | null>;
}

/** Runs `start` with these settings and none of the surroundings'; it stops in order when this process dies. */
export function spawnStart(
  settings: Record<string, string>,
  { program = process.execPath, args = [MAIN, 'start'] }: Pick<StackOptions, 'program' | 'args'> = {},
): StartProcess {
  const child = launch({
    program,
    args,
    env: { ...surroundings(), ...settings },
    deathSignal: 'INT',
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('start cannot be started');
  let output = '';
  let code: number | null | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.once('close', (exitCode) => {
    code = exitCode;
  });
  return {
    pid,
    output: () => output,
    exitCode: () => code,
    signal: (name) => {
      child.kill(name);
    },
    ended: async (withinMs) => {
      await until(`start has ended; it said:\n${output}`, async () => code !== undefined, withinMs);
      return code ?? null;
    },
  };
}

/** This process's environment without any setting of Perdure's, but with its cache. */
function surroundings(): NodeJS.ProcessEnv {
  const kept = ['PERDURE_CACHE', 'XDG_CACHE_HOME'];
  const ours = Object.keys(environmentSchema.shape).filter((name) => !kept.includes(name));
  const dropped = new Set([...ours, 'npm_lifecycle_event']);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.has(name)));
}

/** A copy of the seeded database, and a namespace, that nobody else uses. */
async function ownPlace(): Promise<{ settings: Record<string, string>; leave: () => Promise<void> }> {
  const { databaseUrl, template, temporalAddress, workflowBundle, passwords } = sharedServers();
  const { name, url, drop } = await newDatabase(databaseUrl, 'shop', template);
  return {
    settings: {
      ...bothRoles(url),
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: name,
      WORKFLOW_BUNDLE: workflowBundle,
      ...passwords,
    },
    leave: drop,
  };
}
