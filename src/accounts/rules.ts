// What a person may do here, and for how long a login lasts. A role is a column of the user, never a claim of a token.

/** Lengths in UTF-16 units. The shortest is that of NIST SP 800-63B; the longest keeps a login's work bounded. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

/** Short, because a token that leaks cannot be told from a good one until its session ends. */
export const ACCESS_TOKEN_SECONDS = 900;
export const SESSION_SECONDS = 604_800;

/** From the least to the most: each role may do what those before it may. */
export const ROLES = ['customer', 'inventory', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Whether somebody with the role `has` may do what needs the role `needs`. */
export function mayActAs(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}
