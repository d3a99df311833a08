// JSON lines on stdout, one per event, with everything secret redacted before it is written.
import { type Logger as PinoLogger, pino, stdSerializers } from 'pino';

export type Logger = PinoLogger;

/** Property names whose values never reach a log, at the top level and one or two levels down. */
const SECRET_NAMES = [
  'password',
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'refreshToken',
  'cartToken',
  'orderToken',
  'clientSecret',
  'client_secret',
  'secret',
  'otp',
  'apiKey',
  'databaseUrl',
  'redisUrl',
  'smtpUrl',
  'html',
  'text',
];

/**
 * A logger for one part of the system.
 * @param part the part's name, on every line (`api`, `worker`, `stripe`, ...)
 * @param level the least severe level that is written (`debug` .. `fatal`, or `silent`)
 */
export function createLogger(part: string, level: string): Logger {
  return pino({
    level,
    base: { part, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // The SDK's own lines carry theirs as `error`.
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  });
}
