// Without a secret nothing is made that a secret is to guard.
import { expect, test } from '@jest/globals';
import { accessToken } from '../../src/platform/auth.ts';
import { seal } from '../../src/platform/sealing.ts';
import { newestSecret } from '../../src/platform/secrets.ts';
import { orderToken } from '../../src/platform/tokens.ts';

test('the first secret is used for what is new', () => {
  expect(newestSecret(['a', 'b'])).toBe('a');
});

test.each([[[]], [['']]])('no token and no sealed mail is made under %j', (secrets: string[]) => {
  const missing = /no token secret is configured/;
  expect(() => accessToken(secrets, '01960000-0000-7000-8000-000000000001', new Date(0))).toThrow(missing);
  expect(() => orderToken(secrets, '01960000-0000-7000-8000-000000000001')).toThrow(missing);
  expect(() => seal(secrets, 'mails', 'id', 'text')).toThrow(missing);
});
