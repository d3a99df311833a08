// What must be kept for a while and be read by nobody but us: encrypted with AES-256-GCM, under a key that is derived from
// TOKEN_SECRET. A key of each purpose is its own, so that nothing sealed for one can be opened as another.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { newestSecret } from './secrets.ts';

const KEY_BYTES = 32;
/** The nonce and the tag that NIST SP 800-38D recommends. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** A key of 32 bytes for one purpose, by HKDF-SHA256 (RFC 5869). */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `perdure ${purpose}`, KEY_BYTES));
}

/**
 * Encrypts under the newest secret.
 * @param purpose names the key
 * @param bound must be the same when it is opened: the id of its row, so that no row can be swapped for another
 */
export function seal(secrets: readonly string[], purpose: string, bound: string, plain: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, deriveKey(newestSecret(secrets), purpose), nonce).setAAD(Buffer.from(bound));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** What was sealed, under any of the secrets; undefined when none of them opens it. */
export function unseal(secrets: readonly string[], purpose: string, bound: string, sealed: Buffer): string | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const body = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  for (const secret of secrets) {
    try {
      const decipher = createDecipheriv(CIPHER, deriveKey(secret, purpose), nonce).setAAD(Buffer.from(bound));
      return Buffer.concat([decipher.setAuthTag(tag).update(body), decipher.final()]).toString('utf8');
    } catch {
      // Sealed under another secret, or not by us: the next one tells.
    }
  }
  return undefined;
}
