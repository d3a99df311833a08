import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../src/platform/ids.ts';

test('an id is a UUIDv7 that carries its moment, so that later ids sort after earlier ones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 1, max: 2 ** 40 }), (start, later) => {
      const [first, second] = [newId(new Date(start)), newId(new Date(start + later))];
      expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(first.slice(0, 8) + first.slice(9, 13), 16)).toBe(start);
      expect(first < second).toBe(true);
    }),
  );
});

test('two ids of one moment differ', () => {
  const now = new Date(0);
  expect(newId(now)).not.toBe(newId(now));
});
