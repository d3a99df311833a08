import { expect, test } from '@jest/globals';
import { hashToken, newCartToken, orderToken, verifyOrderToken } from '../../src/platform/tokens.ts';

const OLD = 'an-old-secret-of-thirty-two-characters';
const NEW = 'a-new-secret-of-thirty-two-characters-';
const ORDER = '01960000-0000-7000-8000-000000000001';

test('an order token opens its order and no other', () => {
  const token = orderToken([NEW], ORDER);
  expect(verifyOrderToken([NEW], ORDER, token)).toBe(true);
  expect(verifyOrderToken([NEW], '01960000-0000-7000-8000-000000000002', token)).toBe(false);
  expect(verifyOrderToken([NEW], ORDER, `${token}x`)).toBe(false);
  expect(verifyOrderToken([NEW], ORDER, '')).toBe(false);
});

test('a token that was given under an older secret still opens its order, until that secret is gone', () => {
  const token = orderToken([OLD], ORDER);
  expect(verifyOrderToken([NEW, OLD], ORDER, token)).toBe(true);
  expect(verifyOrderToken([NEW], ORDER, token)).toBe(false);
  expect(orderToken([NEW, OLD], ORDER)).toBe(orderToken([NEW], ORDER));
});

test('the hash that the database keeps does not show the cart token', () => {
  const token = newCartToken();
  expect(token).not.toBe(newCartToken());
  expect(hashToken(token)).toEqual(hashToken(token));
  expect(hashToken(token).toString('latin1')).not.toContain(token);
});
