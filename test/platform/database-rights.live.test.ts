// The role of API and workers: what it may not do, whoever speaks for it, and who gives it its rights.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClientBase } from 'pg';
import { withClient } from '../../src/local/postgres.ts';
import { grantRights } from '../../src/platform/database-rights.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { bothRoles } from '../support/servers.ts';

let database: OwnDatabase;
let shopUrl: string;
beforeAll(async () => {
  database = await ownDatabase();
  shopUrl = bothRoles(database.url).DATABASE_URL;
});
afterAll(() => database.leave());

/** What PostgreSQL answers the role: an error's code, or how many rows there were. */
async function asked(statement: string): Promise<string | number | null> {
  return withClient(shopUrl, (client) =>
    client.query(statement).then(
      ({ rowCount }) => rowCount,
      (error: { code?: string }) => error.code ?? 'no code',
    ),
  );
}

const REFUSED = '42501'; // insufficient_privilege

describe('the role of API and workers', () => {
  test.each([
    ['rewrite the audit', `UPDATE audit_entries SET actor = 'nobody'`],
    ['forget the audit', 'DELETE FROM audit_entries'],
    ['empty the audit', 'TRUNCATE audit_entries'],
    ["switch off the audit's guard", 'ALTER TABLE audit_entries DISABLE TRIGGER ALL'],
    [
      "replace the audit's guard",
      'CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger AS $$ $$ LANGUAGE plpgsql',
    ],
    ['pass by triggers', `SET session_replication_role = 'replica'`],
    ['rewrite the story of an order', 'UPDATE order_events SET note = NULL'],
    ['forget an order', 'DELETE FROM orders'],
    ['forget a payment', 'DELETE FROM payments'],
    ["rewrite the stock's ledger", 'DELETE FROM stock_movements'],
    ['change a price', 'UPDATE variants SET price = 1'],
    ['make a coupon', 'INSERT INTO coupons SELECT * FROM coupons'],
    ['change the schema', 'ALTER TABLE orders ADD COLUMN more text'],
    ['make a table', 'CREATE TABLE more (id integer)'],
    ['drop a table', 'DROP TABLE orders'],
    ['see which migrations have run', 'SELECT * FROM kysely_migration'],
    ['make a role', 'CREATE ROLE more'],
    ['read a file', `SELECT pg_read_file('PG_VERSION')`],
    ['run a program', `COPY (SELECT 1) TO PROGRAM 'true'`],
  ])('may not %s', async (_what, statement) => {
    expect(await asked(statement)).toBe(REFUSED);
  });

  test('reads what it needs, and adds to the audit', async () => {
    expect(await asked('SELECT FROM products')).toBeGreaterThan(0);
    const entry = `INSERT INTO audit_entries (id, actor, action, created_at) VALUES (gen_random_uuid(), 'key:1', 'login', now())`;
    expect(await asked(entry)).toBe(1);
  });

  test('loses what it was given beside its rights at the next migration, and gets back what it lacks', async () => {
    await asOwner('GRANT DELETE ON orders TO perdure_app');
    await asOwner('REVOKE INSERT ON orders FROM perdure_app');
    await Promise.all([1, 2, 3].map(() => grantRights(database.db, { name: 'perdure_app', password: 'unused' })));
    const { rows } = await asOwner(`
      SELECT privilege_type FROM information_schema.table_privileges
      WHERE grantee = 'perdure_app' AND table_name = 'orders' ORDER BY 1`);
    expect(rows).toEqual([{ privilege_type: 'INSERT' }, { privilege_type: 'SELECT' }, { privilege_type: 'UPDATE' }]);
  });

  test('is refused where it could give itself any right: as a superuser, and as the owner of a table', async () => {
    const owner = new URL(database.url).username;
    await expect(grantRights(database.db, { name: owner, password: '' })).rejects.toThrow(/no superuser/);
    const role = `owner_${Date.now()}`;
    await asOwner(`CREATE ROLE ${role}`);
    try {
      await asOwner(`CREATE TABLE of_another (id integer); ALTER TABLE of_another OWNER TO ${role}`);
      await expect(grantRights(database.db, { name: role, password: '' })).rejects.toThrow(/owns no table/);
    } finally {
      await asOwner(`DROP TABLE IF EXISTS of_another; DROP ROLE ${role}`);
    }
  });
});

function asOwner(statement: string) {
  return withClient(database.url, (client: ClientBase) => client.query(statement));
}
