// What the accounts' routes take and give.
import { z } from '@hono/zod-openapi';
import { emailAddress, MAX_EMAIL, personName, uuid } from '../http/schemas.ts';
import { ACCESS_TOKEN_SECONDS, MAX_PASSWORD, MIN_PASSWORD, OTP_DIGITS, type Person, ROLES } from './rules.ts';

export const logInBody = z.strictObject({
  // Not searched for card numbers: nothing of it is kept.
  email: z.email().max(MAX_EMAIL),
  // No shortest length: what is not the password is wrong, not invalid.
  password: z.string().min(1).max(MAX_PASSWORD),
});
/** As addresses are kept. */
const email = emailAddress.toLowerCase();
export const MAX_NAME = 100;
/** Ours are far shorter. */
const MAX_TOKEN = 200;
const CONTROL = /\p{Cc}/u;

/** Whether it is too easy to guess is judged with the address beside it (password-rules.ts). */
const newPassword = z
  .string()
  .min(MIN_PASSWORD)
  .max(MAX_PASSWORD, { abort: true })
  .refine((value) => !CONTROL.test(value), 'must not contain control characters')
  .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
const token = z.string().min(1).max(MAX_TOKEN);

export const registerBody = z.strictObject({ email, password: newPassword, name: personName({ max: MAX_NAME }) });
export const registerExample = {
  email: 'ada@example.com',
  password: 'correct horse battery staple',
  name: 'Ada Lovelace',
};

export const refreshBody = z.strictObject({ refreshToken: token.optional() });
export const refreshExample = { refreshToken: 'session_2b7Yx' };

/** Whose mailbox something is to be sent to. */
export const mailboxBody = z.strictObject({ email });
export const mailboxExample = { email: 'ada@example.com' };

export const verifyEmailBody = z.strictObject({ token });
export const verifyEmailExample = { token: 'verify_email_4mYq' };

export const resetPasswordBody = z.strictObject({ token, newPassword });
export const resetPasswordExample = { token: 'reset_password_4mYq', newPassword: 'wrong donkey cell paperclip' };

export const changePasswordBody = z.strictObject({
  currentPassword: z.string().min(1).max(MAX_PASSWORD),
  newPassword,
});
export const changePasswordExample = {
  currentPassword: 'correct horse battery staple',
  newPassword: 'wrong donkey cell paperclip',
};

export const verifyOtpBody = z.strictObject({
  email,
  otp: z.string().regex(new RegExp(`^\\d{${OTP_DIGITS}}$`), `must be ${OTP_DIGITS} digits`),
});
export const verifyOtpExample = { email: 'ada@example.com', otp: '042517' };

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

/** Of whatever else is known of them, what the answer shows. */
export function presentUser(person: Person): z.input<typeof userAnswer> {
  return {
    id: person.id,
    email: person.email,
    name: person.name,
    role: person.role,
    emailVerified: person.emailVerified,
  };
}

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
