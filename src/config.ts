// The only reader of the environment: one schema, every name of it explained in .env.example.
// A wrong or missing value stops the process at its start, one line per name (exit code 78, EX_CONFIG of sysexits.h).
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { PricingSettings } from './pricing/rules.ts';
import { countryCode, shippingMethods, taxRates } from './pricing/schemas.ts';

export const EXIT_CONFIG = 78;

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const count = (fallback: number, max = 64) => z.coerce.number().int().min(1).max(max).default(fallback);
const seconds = (fallback: number) => z.coerce.number().positive().max(31_536_000).default(fallback);
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => protocols.includes(protocolOf(value)),
      `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );

/** An IP address, alone or with the number of its bits that name a network (RFC 4632, section 3.1). */
function isAddressRange(range: string): boolean {
  const [, address = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

/** A setting that is JSON. However much of it is wrong, it is one line: what it must be, and where it first is not. */
function json<T extends z.ZodType>(schema: T, mustBe: string) {
  return z.string().transform((value, context): z.output<T> => {
    const result = schema.safeParse(parsed(value));
    if (result.success) return result.data;
    const [first] = result.error.issues;
    const where = first === undefined || first.path.length === 0 ? '' : ` (${first.path.join('.')}: ${first.message})`;
    context.addIssue({ code: 'custom', message: `must be ${mustBe}${where}` });
    return z.NEVER;
  });
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function protocolOf(value: string): string {
  return URL.parse(value)?.protocol ?? '';
}

/** Every environment variable that Perdure reads. Durations are seconds. Exported for the test that compares it with .env.example. */
export const environmentSchema = z.object({
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),

  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port(8080),
  API_PROCESSES: count(1),
  WORKER_PROCESSES: z.coerce.number().int().min(0).max(64).default(1),
  PUBLIC_URL: url('http:', 'https:').optional(),
  CORS_ORIGINS: list.default([]),
  BODY_LIMIT: z.coerce.number().int().min(1024).max(104_857_600).default(1_048_576),
  REQUEST_TIMEOUT: seconds(15),
  DRAIN_TIMEOUT: seconds(10),
  RATE_LIMIT_SCALE: z.coerce.number().min(0).max(1_000_000).default(1),
  TRUSTED_PROXIES: list
    .refine((ranges) => ranges.every(isAddressRange), 'must be addresses or CIDR ranges, joined by commas')
    .default([]),

  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_OWNER_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_POOL_SIZE: count(10, 1000),
  DATABASE_STATEMENT_TIMEOUT: seconds(5),
  DATABASE_LOCK_TIMEOUT: seconds(2),
  REDIS_URL: url('redis:', 'rediss:').optional(),

  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^/\s]+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(7),
  TEMPORAL_TLS: flag.default(false),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_TLS_CA_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY_FILE: z.string().min(1).optional(),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_GRPC_COMPRESSION: z.enum(['none', 'gzip']).default('none'),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  WORKFLOW_WATCHDOG: z.enum(['monitor', 'sdk']).default('monitor'),
  WORKFLOW_CALL_STACKS: flag.default(false),
  PAYMENTS_PER_SECOND: z.coerce.number().positive().max(10_000).optional(),

  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_/, 'must start with sk_ or rk_')
    .optional(),
  STRIPE_PUBLISHABLE_KEY: z.string().regex(/^pk_/, 'must start with pk_').optional(),
  STRIPE_WEBHOOK_SECRET: list
    .refine(
      (secrets) => secrets.length > 0 && secrets.every((s) => s.startsWith('whsec_')),
      'must be one or more whsec_... joined by commas',
    )
    .optional(),
  STRIPE_API_BASE: url('http:', 'https:').optional(),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: z.string().min(3).default('Perdure <shop@perdure.test>'),

  CURRENCY: z
    .string()
    .regex(/^[a-z]{3}$/, 'must be a lower-case ISO 4217 code')
    .default('usd'),
  TOKEN_SECRET: list
    .refine(
      (secrets) => secrets.length > 0 && secrets.every((s) => s.length >= 32),
      'must be one or more secrets of 32 characters or longer, joined by commas',
    )
    .optional(),

  OTP_TTL: seconds(120),

  PAYMENT_WINDOW: seconds(900),
  CONFIRMATION_WINDOW: seconds(172_800),
  HOLD_GRACE: seconds(60),
  CART_TTL: seconds(604_800),
  SHIPPING_METHODS: json(
    shippingMethods,
    'a JSON list of {"id", "title", "price", "freeOver"?}, amounts in minor units',
  ).default([
    { id: 'standard', title: 'Standard', price: 0 },
    { id: 'express', title: 'Express', price: 1499, freeOver: 20_000 },
  ]),
  TAX_RATES: json(taxRates, 'a JSON list of {"country", "category", "percent"}').default([]),
  TAX_INCLUDED: flag.default(false),
  SHOP_COUNTRY: countryCode.optional(),
  IDEMPOTENCY_TTL: seconds(86_400),

  SEED_ADMIN_PASSWORD: z.string().min(8).optional(),
  SEED_INVENTORY_PASSWORD: z.string().min(8).optional(),
  SEED_CUSTOMER_PASSWORD: z.string().min(8).optional(),

  PERDURE_HOME: z
    .string()
    .min(1)
    .default('.perdure')
    .transform((path) => resolve(path)),
  PERDURE_CACHE: z.string().min(1).optional(),
  XDG_CACHE_HOME: z.string().optional(),
  PERDURE_LOGS: z.enum(['stdout', 'files']).default('stdout'),
  PGPORT_LOCAL: port(5433),
  REDIS_PORT_LOCAL: port(6380),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_VISIBILITY_INDEXES: z.enum(['used', 'all']).default('used'),
  STRIPE_SIM_PORT: port(12_111),
  INBOX_PORT: port(8025),
  SMTP_PORT: port(1025),
});

type Environment = z.infer<typeof environmentSchema>;

/** The settings of one process. `PERDURE_CACHE` is resolved: `${XDG_CACHE_HOME:-~/.cache}/perdure` unless it is set. */
export type Config = Omit<Environment, 'PERDURE_CACHE' | 'XDG_CACHE_HOME'> & { PERDURE_CACHE: string };

/** A configuration that cannot be used: one line per wrong or missing name, never with the value of it. */
export class ConfigError extends Error {
  readonly lines: string[];
  constructor(lines: string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
    this.lines = lines;
  }
}

/**
 * Reads and checks the settings.
 * @throws {ConfigError} one line per wrong name
 */
export function loadConfig(source: NodeJS.ProcessEnv = process.env): Config {
  const known = Object.keys(environmentSchema.shape).filter(
    (name) => source[name] !== undefined && source[name] !== '',
  );
  const result = environmentSchema.safeParse(Object.fromEntries(known.map((name) => [name, source[name]])));
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const { TEMPORAL_TLS_CERT_FILE: cert, TEMPORAL_TLS_KEY_FILE: key } = result.data;
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError(['TEMPORAL_TLS_CERT_FILE: needs TEMPORAL_TLS_KEY_FILE beside it, and the other way round']);
  }
  refuseSameRole(result.data);
  const { PERDURE_CACHE, XDG_CACHE_HOME, ...rest } = result.data;
  const cacheHome = XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '' ? XDG_CACHE_HOME : join(homedir(), '.cache');
  return { ...rest, PERDURE_CACHE: resolve(PERDURE_CACHE ?? join(cacheHome, 'perdure')) };
}

/** @throws {ConfigError} unless the two addresses name two roles of one database */
function refuseSameRole({ DATABASE_URL: used, DATABASE_OWNER_URL: owner }: Environment): void {
  if (owner === undefined) return;
  const [shop, own] = [URL.parse(used ?? ''), URL.parse(owner)];
  const isSame = shop?.username === own?.username;
  if (shop !== null && shop.username !== '' && !isSame && shop.pathname === own?.pathname) return;
  throw new ConfigError(['DATABASE_OWNER_URL: needs DATABASE_URL beside it, with another user of the same database']);
}

/** How the shop prices: what `SHIPPING_METHODS` and the settings of taxes say. */
export function pricingOf({ SHIPPING_METHODS, TAX_RATES, TAX_INCLUDED }: Config): PricingSettings {
  return { shippingMethods: SHIPPING_METHODS, taxRates: TAX_RATES, taxIncluded: TAX_INCLUDED };
}

type Present<K extends keyof Config> = Config & { [P in K]-?: NonNullable<Config[P]> };

/**
 * The same settings, with the named ones known to be there.
 * @throws {ConfigError} one line per missing name
 */
export function requireSettings<K extends keyof Config>(config: Config, ...names: K[]): Present<K> {
  if (hasSettings(config, names)) return config;
  const missing = names.filter((name) => config[name] === undefined);
  throw new ConfigError(missing.map((name) => `${name}: is required here and not set`));
}

function hasSettings<K extends keyof Config>(config: Config, names: K[]): config is Present<K> {
  return names.every((name) => config[name] !== undefined);
}

const LOOPBACK = /^(localhost|::1|127\.\d+\.\d+\.\d+)$/i;

/**
 * For what serves browsers. Only the URL that customers use tells whether there is TLS before us, and with it whether cookies must be
 * `Secure` and which pages are our own.
 * @throws {ConfigError} where others than this machine can reach HOST, and PUBLIC_URL is not set
 */
export function requirePublicUrl({ HOST, PUBLIC_URL }: Pick<Config, 'HOST' | 'PUBLIC_URL'>): void {
  if (PUBLIC_URL !== undefined || LOOPBACK.test(HOST)) return;
  throw new ConfigError(['PUBLIC_URL: is required where HOST is not this machine alone']);
}

/** The same settings, for what makes the schema and fills it: as its owner, where that is another role. */
export function asOwner<T extends { DATABASE_URL: string; DATABASE_OWNER_URL?: string | undefined }>(settings: T): T {
  return { ...settings, DATABASE_URL: settings.DATABASE_OWNER_URL ?? settings.DATABASE_URL };
}

/** The environment for a child process: this one's, with the given names set. */
export function childEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...settings };
}

/** Names that a program which is not ours gets from the person's environment: where to find things, never how to behave. */
const SYSTEM_NAMES = ['PATH', 'HOME', 'TMPDIR', 'USER', 'LOGNAME'];

/** The environment for programs that are not ours: none of the person's settings, so that they run the same everywhere. */
export function systemEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const kept = SYSTEM_NAMES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), ...settings };
}

/** Whether npm runs this process (`npm start`): then the death of npm is the end of it, too. */
export function startedByNpm(): boolean {
  return process.env.npm_lifecycle_event !== undefined;
}
