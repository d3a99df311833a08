// What a key may do beside what its role may: scopes, each an area and whether it is read or written. Keys from before have all
// of their role's. A customer's key could do nothing: there are none any more.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM api_keys WHERE role = 'customer'`.execute(db);
  await sql`
    ALTER TABLE api_keys
      DROP CONSTRAINT api_keys_role_check,
      ADD CONSTRAINT api_keys_role_check CHECK (role IN ('inventory', 'admin')),
      ADD COLUMN scopes text[] CHECK (cardinality(scopes) > 0)`.execute(db);
  await sql`
    UPDATE api_keys SET scopes = '{inventory:read,inventory:write}'::text[] || CASE WHEN role = 'admin' THEN
      '{orders:read,orders:write,payments:read,payments:write,returns:read,returns:write,catalog:read,catalog:write,
        coupons:read,coupons:write,reviews:read,reviews:write,settings:read,settings:write,users:read,audit:read,
        analytics:read}'::text[] ELSE '{}' END`.execute(db);
  await sql`ALTER TABLE api_keys ALTER COLUMN scopes SET NOT NULL`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE api_keys
      DROP COLUMN scopes,
      DROP CONSTRAINT api_keys_role_check,
      ADD CONSTRAINT api_keys_role_check CHECK (role IN ('customer', 'inventory', 'admin'))`.execute(db);
}
