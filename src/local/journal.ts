// An append-only file of JSON lines, the memory of the local stand-ins. What `append` has returned from is never
// lost by a `kill -9` of this process; a last line that was torn by one is dropped at the next start.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Read and write in pieces of this size, so that a large file is never one string (V8's limit is 512 MiB). */
const PIECE_BYTES = 1_048_576;
const NEWLINE = 0x0a;

export interface Journal<T> {
  /** What the file held when it was opened, in the order of writing. */
  readonly entries: T[];
  /**
   * Writes one entry as one line, in one system call, before it returns: the entry is there whole or not at all.
   * It outlives the process, not a loss of power (no fsync: these are stand-ins for development).
   */
  append(entry: T): void;
  /** Replaces the whole file, by writing a new one beside it and renaming, so that a crash leaves the old or the new. */
  rewrite(entries: Iterable<T>): void;
  /** Gives the file back. Nothing may be appended afterwards. */
  close(): void;
}

/**
 * Opens the journal at `path`, and creates it (and its folders) when it is not there.
 * @throws {Error} when a line other than a torn last one is not JSON: then something else has written to the file
 */
export function openJournal<T>(path: string): Journal<T> {
  mkdirSync(dirname(path), { recursive: true });
  const entries = existsSync(path) ? readEntries<T>(path) : [];
  let file = openSync(path, 'a', 0o600);
  let bytes = fstatSync(file).size;
  return {
    entries,
    append(entry) {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`);
      try {
        writeAll(file, line);
      } catch (error) {
        // A full disk may have taken half a line: the next one must not grow out of it.
        ftruncateSync(file, bytes);
        throw error;
      }
      bytes += line.length;
    },
    rewrite(replacement) {
      writeBeside(path, replacement);
      closeSync(file);
      file = openSync(path, 'a', 0o600);
      bytes = fstatSync(file).size;
    },
    close() {
      closeSync(file);
    },
  };
}

/** Reads all whole lines, and cuts a torn last one off so that the next append does not grow out of it. */
function readEntries<T>(path: string): T[] {
  const file = openSync(path, 'r+');
  try {
    const entries: T[] = [];
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let rest = Buffer.alloc(0);
    let wholeBytes = 0;
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        entries.push(parseLine(bytes.toString('utf8', start, end), path, entries.length + 1));
        start = end + 1;
      }
      wholeBytes += start;
      rest = bytes.subarray(start);
    }
    if (rest.length > 0) ftruncateSync(file, wholeBytes);
    return entries;
  } finally {
    closeSync(file);
  }
}

function parseLine(line: string, path: string, number: number) {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Error(`line ${number} of ${path} is not JSON: move the file away to start afresh`, { cause });
  }
}

function writeBeside(path: string, entries: Iterable<unknown>): void {
  const beside = `${path}.new`;
  const file = openSync(beside, 'w', 0o600);
  try {
    let lines = '';
    for (const entry of entries) {
      lines += `${JSON.stringify(entry)}\n`;
      if (lines.length < PIECE_BYTES) continue;
      writeAll(file, Buffer.from(lines));
      lines = '';
    }
    writeAll(file, Buffer.from(lines));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}

/** `write` may take less than it was given (a full disk, a signal): the rest goes on, or throws. */
function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}
