// JSON lines on stdout, one per event, with everything secret redacted before it is written. Lines that nobody has to act on are
// written some at a time: a write for each, and whoever reads it waking up for each, costs more than making the line.
import { type LoggerOptions, type Logger as PinoLogger, pino, stdSerializers } from 'pino';

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

/** How long a line waits for others, and how many bytes they are together at the most. */
const WRITE_EVERY_MS = 100;
const WRITE_AT_BYTES = 8_192;
const WARN = pino.levels.values['warn'] ?? 0;

let output: ReturnType<typeof pino.destination> | undefined;

/** The process's standard output, for all its loggers. What waits is written when the process ends by itself, whatever the reason. */
function standardOutput(): ReturnType<typeof pino.destination> {
  if (output !== undefined) return output;
  const opened = pino.destination({ sync: true, minLength: WRITE_AT_BYTES });
  setInterval(() => opened.flushSync(), WRITE_EVERY_MS).unref();
  process.once('exit', () => opened.flushSync());
  output = opened;
  return opened;
}

/**
 * A logger for one part of the system.
 * @param part the part's name, on every line (`api`, `worker`, `stripe`, ...)
 * @param level the least severe level that is written (`debug` .. `fatal`, or `silent`)
 */
export function createLogger(part: string, level: string): Logger {
  const destination = standardOutput();
  const options: LoggerOptions = {
    level,
    base: { part, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // The SDK's own lines carry theirs as `error`.
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    hooks: {
      logMethod(args, method, severity) {
        method.apply(this, args);
        if (severity >= WARN) destination.flushSync();
      },
    },
  };
  return pino(options, destination);
}
