// The command line: start | api | worker | migrate | seed, and the two local stand-ins that `start` runs as processes.
import { ConfigError, EXIT_CONFIG, loadConfig } from './config.ts';

/** Each command loads only what it needs, so that an API process never reads the local stack's code. */
const commands = {
  start: async () => (await import('./local/start.ts')).start(loadConfig()),
  api: async () => (await import('./http/serve.ts')).serve(loadConfig()),
  worker: async () => (await import('./worker.ts')).work(loadConfig(), process.argv.slice(3)),
  migrate: async () => {
    await (await import('./migrate.ts')).migrate(loadConfig());
    if (process.argv.includes('--seed-if-empty'))
      await (await import('./demo/seed.ts')).seed(loadConfig(), { ifEmpty: true });
  },
  seed: async () => (await import('./demo/seed.ts')).seed(loadConfig()),
  'stripe-simulator': async () => (await import('./local/stripe/process.ts')).run(loadConfig()),
  inbox: async () => (await import('./local/inbox/process.ts')).run(loadConfig()),
} satisfies Record<string, () => Promise<void>>;

function isCommand(name: string | undefined): name is keyof typeof commands {
  return name !== undefined && Object.hasOwn(commands, name);
}

const name = process.argv[2];
if (!isCommand(name)) {
  process.stderr.write(`usage: node src/main.ts ${Object.keys(commands).join(' | ')}\n`);
  process.exit(64);
}
try {
  await commands[name]();
} catch (error) {
  if (error instanceof ConfigError) {
    for (const line of error.lines) process.stderr.write(`${line}\n`);
    process.exit(EXIT_CONFIG);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
