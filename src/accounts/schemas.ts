// What the accounts' routes take and give.
import { z } from '@hono/zod-openapi';
import { uuid } from '../http/schemas.ts';
import { ACCESS_TOKEN_SECONDS, MAX_PASSWORD, ROLES } from './rules.ts';

/** The longest address that mail can be sent to (RFC 5321, section 4.5.3.1.3). */
const MAX_EMAIL = 254;

export const logInBody = z.strictObject({
  // Not searched for card numbers: nothing of it is kept.
  email: z.email().max(MAX_EMAIL),
  // No shortest length: what is not the password is wrong, not invalid.
  password: z.string().min(1).max(MAX_PASSWORD),
});
export const logInExample = { email: 'ada@example.com', password: 'correct horse battery staple' };

export const userAnswer = z
  .object({
    id: uuid,
    email: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    emailVerified: z.boolean(),
  })
  .openapi('User');

/** A fresh login: who it is, and the pair of tokens. */
export const loginAnswer = z
  .object({
    user: userAnswer,
    accessToken: z.string(),
    refreshToken: z.string(),
    expiresIn: z.int().openapi({ description: 'Seconds until the access token ends' }),
  })
  .openapi('Login');

export const loginExample: z.input<typeof loginAnswer> = {
  user: {
    id: '01960000-0000-7000-8000-000000000001',
    email: logInExample.email,
    name: 'Ada Lovelace',
    role: 'customer',
    emailVerified: true,
  },
  accessToken: 'access_AZYAAAAAcACAAAAAAAAAAQGT.signature',
  refreshToken: 'session_2b7Yx',
  expiresIn: ACCESS_TOKEN_SECONDS,
};
