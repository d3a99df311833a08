// What a person may do here. A role is a column of the user, never a claim of a token.

/** From the least to the most: each role may do what those before it may. */
const ROLES = ['customer', 'inventory', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Whether somebody with the role `has` may do what needs the role `needs`. */
export function mayActAs(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}
