// Whoever gives something to a user in SQL must not give it to one who is just being forgotten.
import { type Expression, type RawBuilder, sql } from 'kysely';

/**
 * The id of a user who has not gone, as an expression; null for one who has. It waits for whoever is just forgetting the user, and
 * they wait for the transaction that has asked: what it gives the user is there to be found by them.
 */
export function presentUserId(id: string | Expression<string | null>): RawBuilder<string | null> {
  return sql`(SELECT id FROM users WHERE id = ${id} AND deleted_at IS NULL FOR KEY SHARE)`;
}
