// Identifiers that look like Stripe's: a prefix that says what it is, then random letters and digits.
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `count` random letters and digits. The slight bias of the remainder does not matter for ids of a stand-in. */
export function randomText(count: number): string {
  let text = '';
  for (const byte of randomBytes(count)) text += ALPHABET.charAt(byte % ALPHABET.length);
  return text;
}

/** A fresh id, such as `pi_3NpQ...`, with 24 random characters after its prefix. */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(24)}`;
}
