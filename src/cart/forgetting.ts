// What becomes of a cart when its customer has gone.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';

/** The customer's cart is nobody's, under a token that nobody has. What is in it goes, unless an order is being made of it. */
export async function forgetCart(db: Kysely<Schema>, customerId: string): Promise<void> {
  await sql`
    WITH cart AS (
      UPDATE carts SET customer_id = NULL, token_hash = ${hashToken(newCartToken())}
      WHERE customer_id = ${customerId} RETURNING id, status
    )
    DELETE FROM cart_items USING cart WHERE cart_id = cart.id AND cart.status = 'open'`.execute(db);
}
