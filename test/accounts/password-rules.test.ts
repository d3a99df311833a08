// Which new passwords are refused, and which are not.
import { expect, test } from '@jest/globals';
import { COMMON_PASSWORDS } from '../../src/accounts/common-passwords.ts';
import { passwordWeakness } from '../../src/accounts/password-rules.ts';

const EMAIL = 'lovelace@example.com';

test.each(
  `password Password1 P@ssw0rd! passw0rd123 123password PASSWORD2026 pass-word letmein!! qwerty123 12345678 87654321 11111111
  aaaaaaaa abababab abc12345 1q2w3e4r iloveyou1 adm1n1234 welcome2026! monkeymonkey abcdefghijkl zyxwvuts 1password1 Dr4g0n2026
  sunsh1ne changeme`.split(/\s+/),
)('%s is guessed first', (password) => {
  expect(passwordWeakness(password, EMAIL)).toMatch(/guessed/);
});

test.each([
  'correct horse battery staple',
  'customer-of-a-test',
  'my password is long',
  'Tr0ub4dor&3',
  'gR8#kq29xLm',
  'passwordless-future',
])('%s is not', (password) => {
  expect(passwordWeakness(password, EMAIL)).toBeUndefined();
});

test.each(['lovelace', 'my name is Lovelace', 'LOVELACE-1815', 'lovelace@example.com'])(
  '%s contains the address',
  (password) => {
    expect(passwordWeakness(password, EMAIL)).toMatch(/mail address/);
  },
);

test('a short local part is in many words by chance, and does not count', () => {
  expect(passwordWeakness('adamant rocks below', 'ada@example.com')).toBeUndefined();
  expect(passwordWeakness('this is ada@example.com', 'ada@example.com')).toMatch(/mail address/);
});

test('the list holds some hundreds of words, in the form that they are compared in', () => {
  expect(COMMON_PASSWORDS.size).toBeGreaterThan(500);
  expect([...COMMON_PASSWORDS].filter((word) => !/^[\p{Ll}\d]+$/u.test(word))).toEqual([]);
});
