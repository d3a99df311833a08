// Passwords as argon2id hashes: against a vector of another implementation, and against what is no hash.
import { expect, test } from '@jest/globals';
import { hashPassword, verifyPassword } from '../../src/platform/passwords.ts';

test('a password verifies against its own hash, and no other does', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await verifyPassword(hash, 'correct horse')).toBe(true);
  for (const wrong of ['correct horse ', 'Correct horse', '', 'correct hors']) {
    expect([wrong, await verifyPassword(hash, wrong)]).toEqual([wrong, false]);
  }
  expect(await hashPassword('correct horse')).not.toBe(hash);
});

/** Test vectors of the reference implementation (P-H-C/phc-winner-argon2, src/test.c, version 0x13, argon2id). */
test.each([
  ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
  ['differentpassword', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94'],
])('%s verifies by the parameters that %s names', async (password, hash) => {
  expect(await verifyPassword(hash, password)).toBe(true);
  expect(await verifyPassword(hash, `${password}!`)).toBe(false);
});

test.each(['', 'plain', '$2b$10$abcdefghijklmnopqrstuv', '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW'])(
  '%p is no argon2id hash, and is said to be none without being told',
  async (stored) => {
    await expect(verifyPassword(stored, 'password')).rejects.toThrow(/^a stored password is no argon2id hash$/);
  },
);
