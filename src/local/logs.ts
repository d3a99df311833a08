// The logs of everything that runs here: one JSON line each with the part's name, on standard output or in one file a part.
import { createWriteStream, mkdirSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

type LogLine = Record<string, unknown>;

export type Level = 'info' | 'warn' | 'error';

export type Logs = {
  /** A line that a part wrote. */
  line: (part: string, text: string) => void;
  /** Something that the supervisor has to say about a part. */
  event: (part: string, level: Level, msg: string) => void;
  /** Ends the quiet of the start: held lines and all that follow are written out. */
  flow: () => void;
  /** The last lines of a part, for the message about its failure. */
  tail: (part: string) => string[];
  close: () => Promise<void>;
};

/** While a start prints its progress, lines are held; this many are kept. */
const HELD_LINES = 2000;
const TAIL_LINES = 8;
/** One older file of that size is kept beside the current one, so a part never has more than twice as much. */
const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/** Logs on standard output: held until `flow`. */
export function createStdoutLogs(write: (line: string) => void): Logs {
  let held: string[] | undefined = [];
  const put = (_part: string, line: string): void => {
    if (held === undefined) write(line);
    else if (held.push(line) > HELD_LINES) held.shift();
  };
  return withTails(put, withoutStack, {
    flow: () => {
      const lines = held ?? [];
      held = undefined;
      for (const line of lines) write(line);
    },
    close: async () => undefined,
  });
}

/** Logs in `<folder>/<part>.log`, appended to, with one older file kept when one grows too large. */
export function createFileLogs(folder: string): Logs {
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, { stream: WriteStream; bytes: number }>();
  const open = (part: string): { stream: WriteStream; bytes: number } => {
    const path = join(folder, `${part}.log`);
    const file = { stream: createWriteStream(path, { flags: 'a' }), bytes: sizeOf(path) };
    file.stream.on('error', (error) => process.stderr.write(`${path}: ${error.message}\n`));
    files.set(part, file);
    return file;
  };
  const put = (part: string, line: string): void => {
    let file = files.get(part) ?? open(part);
    if (file.bytes > FILE_LIMIT_BYTES) {
      file.stream.end();
      rmSync(join(folder, `${part}.log.1`), { force: true });
      renameSync(join(folder, `${part}.log`), join(folder, `${part}.log.1`));
      file = open(part);
    }
    file.bytes += line.length + 1;
    file.stream.write(`${line}\n`);
  };
  const close = async (): Promise<void> => {
    const all = [...files.values()];
    await Promise.all(all.map(({ stream }) => new Promise<void>((resolve) => stream.end(() => resolve()))));
  };
  return withTails(put, (line) => line, { flow: () => undefined, close });
}

/** The Temporal server adds forty lines of its own code to each error: for a person who watches, its words are enough. */
function withoutStack({ stacktrace: _stacktrace, ...said }: LogLine): LogLine {
  return said;
}

function withTails(
  put: (part: string, line: string) => void,
  shorten: (line: LogLine) => LogLine,
  rest: Pick<Logs, 'flow' | 'close'>,
): Logs {
  const tails = new Map<string, string[]>();
  const line = (part: string, text: string): void => {
    const tail = tails.get(part) ?? [];
    tails.set(part, tail);
    if (tail.push(text) > TAIL_LINES) tail.shift();
    put(part, asJsonLine(part, text, shorten));
  };
  const event = (part: string, level: Level, msg: string): void =>
    put('start', JSON.stringify({ time: new Date().toISOString(), level, part: 'start', of: part, msg }));
  return { line, event, tail: (part) => tails.get(part) ?? [], ...rest };
}

/** How a line of our own processes begins: pino writes these three first. */
const OWN_LINE = /^{"level":"\w+","time":"[^"]+","part":"/;

/** A line that is JSON already keeps its words and gets the part's name if it has none; any other is wrapped. */
export function asJsonLine(part: string, text: string, shorten = (line: LogLine): LogLine => line): string {
  if (OWN_LINE.test(text) && text.endsWith('}')) return text;
  if (text.startsWith('{')) {
    try {
      const parsed: LogLine = JSON.parse(text);
      return 'part' in parsed ? text : JSON.stringify(shorten({ part, ...parsed }));
    } catch {
      // looks like JSON and is not: a line like any other
    }
  }
  return JSON.stringify({ time: new Date().toISOString(), level: levelOf(text), part, msg: text });
}

/** PostgreSQL and the UI say it in a word of their own. */
function levelOf(text: string): Level {
  if (/\b(FATAL|PANIC|ERROR)\b/.test(text)) return 'error';
  return /\bWARN(ING)?\b/.test(text) ? 'warn' : 'info';
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
