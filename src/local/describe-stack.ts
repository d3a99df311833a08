// What stack.json says about a stack that is up.
import type { Config } from '../config.ts';
import type { Crew, Role } from './crew.ts';
import type { Settings } from './own-parts.ts';
import { overTcp } from './postgres-socket.ts';
import type { Stack } from './stack-file.ts';
import type { StackPorts } from './stack-ports.ts';

const ACCOUNT_DOMAIN = 'perdure.test';

/** What the processes were told, or what was configured. */
type ToldName = 'TEMPORAL_ADDRESS' | 'STRIPE_SECRET_KEY' | 'SMTP_URL';

/**
 * The stack as it is now.
 * @param settings what its processes were told; the rest is in the configuration that they share
 */
export function describeStack(
  { config, ports, crew }: { config: Config; ports: StackPorts; crew: Crew },
  settings: Settings,
): Stack {
  const told = (name: ToldName): string => settings[name] ?? config[name] ?? '';
  const pid = (role: Role): number | null => crew.pids(role)[0] ?? null;
  const local = (role: Role, port: number): string | null => (pid(role) === null ? null : `http://127.0.0.1:${port}`);
  const account = (name: string): { email: string; password: string } => ({
    email: `${name}@${ACCOUNT_DOMAIN}`,
    password: settings[`SEED_${name.toUpperCase()}_PASSWORD`] ?? '',
  });
  const api = ports.api.map(({ number }) => `http://127.0.0.1:${number}`);
  return {
    api,
    docs: `${api[0]}/api/docs`,
    temporal: told('TEMPORAL_ADDRESS'),
    namespace: config.TEMPORAL_NAMESPACE,
    temporalUi: config.TEMPORAL_ADDRESS === undefined ? `http://127.0.0.1:${ports.temporalUi.number}` : null,
    stripe: settings.STRIPE_API_BASE ?? config.STRIPE_API_BASE ?? 'https://api.stripe.com',
    publishableKey: settings.STRIPE_PUBLISHABLE_KEY ?? config.STRIPE_PUBLISHABLE_KEY ?? null,
    stripeSecretKey: told('STRIPE_SECRET_KEY'),
    webhookSecret: settings.STRIPE_WEBHOOK_SECRET ?? config.STRIPE_WEBHOOK_SECRET?.[0] ?? '',
    inbox: local('inbox', ports.inbox.number),
    smtp: new URL(told('SMTP_URL')).host,
    databaseUrl: config.DATABASE_OWNER_URL ?? config.DATABASE_URL ?? overTcp(settings.DATABASE_OWNER_URL ?? ''),
    redisUrl: settings.REDIS_URL ?? config.REDIS_URL ?? null,
    accounts: { admin: account('admin'), inventory: account('inventory'), customer: account('customer') },
    pids: {
      start: process.pid,
      postgres: pid('postgres'),
      redis: pid('redis'),
      temporal: pid('temporal'),
      temporalUi: pid('temporalUi'),
      stripe: pid('stripe'),
      inbox: pid('inbox'),
      api: crew.pids('api'),
      worker: crew.pids('worker'),
    },
  };
}
