// Cursors of lists.

import { z } from '@hono/zod-openapi';
import { expect, test } from '@jest/globals';
import { decodeCursor, encodeCursor } from '../../src/http/cursor.ts';

const schema = z.tuple([z.literal('price'), z.int(), z.string()]);

test('a cursor brings back the position that it was made from, and is safe in a URL', () => {
  const cursor = encodeCursor(['price', 1999, 'ü/?&=+']);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(decodeCursor(schema, cursor)).toEqual(['price', 1999, 'ü/?&=+']);
});

test.each(['', '!!!', 'e30', encodeCursor(['rating', 1, 'a']), encodeCursor(['price', 1])])(
  '%j is refused as the wrong cursor',
  (cursor) => {
    expect(() => decodeCursor(schema, cursor)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: { errors: [{ path: 'cursor', message: expect.any(String) }] },
      }),
    );
  },
);
