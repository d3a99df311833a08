// Who may see an order and act on it: a guest with its access token, the customer whose it is, or an admin. For everybody
// else there is no such order.
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Scope } from '../accounts/rules.ts';
import type { Actor } from '../orders/rules.ts';
import { findOrderCustomer } from '../orders/store.ts';
import { verifyOrderToken } from '../platform/tokens.ts';
import { findActor } from './caller.ts';
import type { AppDeps } from './deps.ts';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';

const MAX_TOKEN = 200;

/** The query of routes that take the order's token there, too. */
export const orderTokenQuery = z.strictObject({
  orderToken: z
    .string()
    .max(MAX_TOKEN)
    .optional()
    .openapi({ description: 'The access token, where a header cannot be set' }),
});

export interface OrderVisitor {
  /** The order is theirs; otherwise they are an admin. */
  isOwner: boolean;
  /** What the order's events call them. */
  actor: Actor;
}

/** The order's token that the request carries, of whatever order, or undefined. */
export function sentOrderToken(c: Context<AppEnv>): string | undefined {
  return c.req.header('X-Order-Token') ?? c.req.query('orderToken');
}

/**
 * Who comes to this order.
 * @param scope what the key of an admin's machine must be for
 * @throws not_found for whoever may not; forbidden for a key without the scope, whatever order it asks for
 */
export async function requireOrderVisitor(
  c: Context<AppEnv>,
  deps: AppDeps,
  orderId: string,
  scope: Scope,
): Promise<OrderVisitor> {
  const token = sentOrderToken(c);
  if (token !== undefined && verifyOrderToken(deps.config.TOKEN_SECRET, orderId, token)) {
    return { isOwner: true, actor: 'customer' };
  }
  const visitor = await findActor(c, deps, scope);
  if (visitor === undefined) throw problem('not_found');
  const isOwner = visitor.userId !== undefined && (await findOrderCustomer(deps.db, orderId)) === visitor.userId;
  if (isOwner) return { isOwner, actor: 'customer' };
  if (visitor.role !== 'admin') throw problem('not_found');
  return { isOwner, actor: `admin:${visitor.userId ?? visitor.name}` };
}
