// What becomes of a cart when its customer has gone.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';

/**
 * The customer's cart is nobody's, under a token that nobody has. What is in it goes, unless an order is being made of it. One that
 * is being edited stays: a second write of it waits for the row of its customer, which whoever forgets them has locked.
 */
export async function forgetCart(db: Kysely<Schema>, customerId: string): Promise<void> {
  await sql`
    WITH cart AS (
      UPDATE carts SET customer_id = NULL, token_hash = ${hashToken(newCartToken())}
      WHERE id = (SELECT id FROM carts WHERE customer_id = ${customerId} FOR UPDATE SKIP LOCKED) RETURNING id, status
    )
    DELETE FROM cart_items USING cart WHERE cart_id = cart.id AND cart.status = 'open'`.execute(db);
}
