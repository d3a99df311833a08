// What people choose where they are told to choose something else: each of these is tried early by whoever guesses.
import { expect, test } from '@jest/globals';
import { passwordWeakness } from '../../src/accounts/password-rules.ts';

const EMAIL = 'ada.lovelace@example.com';

test.each([
  [
    'the calendar and a year',
    'January2026 Summer2025! Monday123 october31 Juillet2025 Sommer2025 Verano2024 styczen2026',
  ],
  [
    'a walk over the keyboard',
    '123qwe123 1qaz!QAZ 1qaz@WSX qwe123!@# asdfghjkl; zxcvbnm,. qwertyuiop[] azerty123 йцукен123',
  ],
  ['the digits with shift held down', '!@#$%^&* !@#$%^&*() &*()!@#$'],
  ['a number behind a few letters and signs', 'Aa@123456 Aa123456! 123456a! abc@1234 a-1234567 #12345678'],
  [
    'a word of another language',
    'motdepasse mariposa senha123 kochanie wachtwoord1 contraseña1 tequiero1 amoremio1 sayang123',
  ],
  ['the same with other signs', 'p4ssw0rt! $enh4123 M0tDeP@sse K0chan1e M4rip0s4'],
])('%s', (_what, passwords) => {
  const taken = passwords.split(' ').filter((password) => passwordWeakness(password, EMAIL) === undefined);
  expect(taken).toEqual([]);
});

test.each(['Ada_Lovelace_1', 'ada lovelace', 'adalovelace99', 'my name: ADA-LOVELACE'])(
  '%s is the mail address with other separators',
  (password) => {
    expect(passwordWeakness(password, EMAIL)).toMatch(/mail address/);
    expect(passwordWeakness(password, 'ada-lovelace+shop@example.com')).toMatch(/mail address/);
  },
);

test.each([
  'monday coffee ritual',
  'sol y sombra en casa',
  'kitchen table lamp',
  'january is a cold month',
  'x8Jv2mQpL',
  'lovelace, the other one',
  'K7#9q!2w&5x',
])('%s is taken', (password) => {
  expect(passwordWeakness(password, EMAIL)).toBeUndefined();
});
