// The journal keeps what it was given, through a torn line, a rewrite and pieces larger than its buffer.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openJournal } from '../../src/local/journal.ts';

interface Note {
  n: number;
  text?: string;
}

describe('journal', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    path = join(folder, 'deep', 'notes.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function reopen(): Note[] {
    const journal = openJournal<Note>(path);
    journal.close();
    return journal.entries;
  }

  function write(...notes: Note[]): void {
    const journal = openJournal<Note>(path);
    for (const note of notes) journal.append(note);
    journal.close();
  }

  test('gives back every entry in the order of writing, over several openings', () => {
    write({ n: 1, text: 'with a\nnew line and ü' }, { n: 2 });
    write({ n: 3 });
    expect(reopen()).toEqual([{ n: 1, text: 'with a\nnew line and ü' }, { n: 2 }, { n: 3 }]);
  });

  test('an entry is in the file when append returns', () => {
    const journal = openJournal<Note>(path);
    journal.append({ n: 1 });
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n');
    journal.close();
  });

  test('a torn last line is dropped, and the next entry does not grow out of it', () => {
    write({ n: 1 }, { n: 2 });
    appendFileSync(path, '{"n":3,"te');
    expect(reopen()).toEqual([{ n: 1 }, { n: 2 }]);
    write({ n: 4 });
    expect(reopen()).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);
  });

  test('a broken line in the middle is refused by its number', () => {
    write({ n: 1 });
    appendFileSync(path, 'not json\n{"n":2}\n');
    expect(() => openJournal<Note>(path)).toThrow(/line 2 of .*notes\.jsonl is not JSON/);
  });

  test('rewrite leaves exactly the given entries, and appending goes on after them', () => {
    write({ n: 1 }, { n: 2 }, { n: 3 });
    const journal = openJournal<Note>(path);
    journal.rewrite([{ n: 3 }]);
    journal.append({ n: 4 });
    journal.close();
    expect(reopen()).toEqual([{ n: 3 }, { n: 4 }]);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test('a rewrite that was cut short leaves the old file as it was', () => {
    write({ n: 1 });
    writeFileSync(`${path}.new`, '{"n":9}\n{"n":');
    expect(reopen()).toEqual([{ n: 1 }]);
  });

  test('lines longer than the buffer come back whole', () => {
    const text = 'x'.repeat(1_500_000);
    write({ n: 1, text }, { n: 2 }, { n: 3, text });
    expect(reopen()).toEqual([{ n: 1, text }, { n: 2 }, { n: 3, text }]);
  });
});
