// What a person may do here, and for how long a login lasts. A role is a column of the user, never a claim of a token.

/** Lengths in UTF-16 units. The shortest is that of NIST SP 800-63B; the longest keeps a login's work bounded. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

/** Short, because a token that leaks cannot be told from a good one until its session ends. */
export const ACCESS_TOKEN_SECONDS = 900;
export const SESSION_SECONDS = 604_800;

/** Why somebody is to prove that a mailbox is theirs. `known_address` proves nothing: it tells of a second registration. */
export type Purpose = 'verify_email' | 'reset_password' | 'otp' | 'known_address';

/**
 * Seconds that a proof lives (a code's are the setting OTP_TTL), and that pass before another may be mailed to the same
 * mailbox: enough against a double click; how many an hour is a matter of the rate limits.
 */
export const PROOFS = {
  verify_email: { ttl: 86_400, pause: 10 },
  reset_password: { ttl: 3_600, pause: 10 },
  otp: { pause: 10 },
  known_address: { ttl: 3_600, pause: 3_600 },
} as const satisfies Record<Purpose, { ttl?: number; pause: number }>;

/** A million codes and five tries: one guess in 200,000 is right. */
export const OTP_DIGITS = 6;
export const OTP_TRIES = 5;

/** From the least to the most: each role may do what those before it may. */
export const ROLES = ['customer', 'inventory', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Keys of a shop that are not over: more than its machines, and few enough to be looked through. */
export const MAX_KEYS = 100;

/** Who works for the shop; machines act as one of these. */
export const STAFF_ROLES = ['inventory', 'admin'] as const satisfies Role[];

export type StaffRole = (typeof STAFF_ROLES)[number];

/**
 * What a machine's key may be for: an area, to read (GET) or to write. None lets a key write users or touch keys: that takes a
 * person. An area has its scopes before its routes, so that a key can be made for both at once.
 */
export const SCOPES = [
  'orders:read',
  'orders:write',
  'payments:read',
  'payments:write',
  'returns:read',
  'returns:write',
  'catalog:read',
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'coupons:read',
  'coupons:write',
  'reviews:read',
  'reviews:write',
  'settings:read',
  'settings:write',
  'users:read',
  'audit:read',
  'analytics:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes that are of any use to a key of this role. */
export const SCOPES_OF: Record<StaffRole, readonly Scope[]> = {
  inventory: ['inventory:read', 'inventory:write'],
  admin: SCOPES,
};

/** A person as answers show them. */
export interface Person {
  id: string;
  email: string;
  name: string;
  role: Role;
  emailVerified: boolean;
}

/** The columns of a user that make a person. */
export const PERSON = ['id', 'email', 'name', 'role', 'emailVerified'] as const satisfies (keyof Person)[];

/** The one of the two that may do less. */
export function lesserRole(one: Role, other: Role): Role {
  return mayActAs(one, other) ? other : one;
}

/** Whether somebody with the role `has` may do what needs the role `needs`. */
export function mayActAs(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}
