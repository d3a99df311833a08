// What is kept or compared in place of a text: its SHA-256. For secrets of many random bits and for keys of counts, not for passwords.
import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 in base64url, 43 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Whether two texts are one, in a time that does not tell how much of them is. */
export function equalTexts(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
