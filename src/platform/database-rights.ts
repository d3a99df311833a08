// What the role of API and workers may do with each table: what their statements need and no more. What is kept as a record
// (orders, their events, the stock's ledger, the audit) it cannot delete; the catalog it only reads; the schema is not its own.
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { ConfigError } from '../config.ts';
import type { Database } from './database.ts';
import type { Schema } from './database-schema.ts';

type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

const READ = ['SELECT'] as const;
const APPEND = ['SELECT', 'INSERT'] as const;
const KEEP = ['SELECT', 'INSERT', 'UPDATE'] as const;
const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

const TABLES: Record<keyof Schema, readonly Right[]> = {
  accountMails: ALL,
  accountProofs: ALL,
  accounts: ALL,
  addresses: ALL,
  apiKeys: ALL,
  auditEntries: APPEND,
  cartItems: ALL,
  carts: KEEP,
  categories: READ,
  checkouts: KEEP,
  couponRedemptions: KEEP,
  coupons: ['SELECT', 'UPDATE'],
  holds: KEEP,
  idempotencyKeys: ALL,
  inventory: ['SELECT', 'UPDATE'],
  mails: KEEP,
  media: READ,
  orderEvents: APPEND,
  orderItems: APPEND,
  orders: KEEP,
  payments: KEEP,
  productFaqs: READ,
  productImages: READ,
  products: READ,
  refunds: KEEP,
  sessions: ALL,
  stockMovements: APPEND,
  stripeEvents: KEEP,
  usedRefreshTokens: ['SELECT', 'INSERT', 'DELETE'],
  users: KEEP,
  variants: READ,
  verifications: [],
};
const SEQUENCES = ['order_numbers'];

/** One lock for all who change rights in a database: two at once fail each other. The number means nothing. */
const LOCK = 7_203_114;

/** PostgreSQL, appendix A: somebody else has made it meanwhile. */
const MADE_MEANWHILE = ['42710', '23505'];

/**
 * Gives the role these rights on our tables and takes every other from it. Makes it first, where there is no such role; the
 * password of one that there is stays. Changes nothing where all is so.
 * @param db as the owner of the schema
 * @throws {ConfigError} when no rights bind the role; {pg.DatabaseError} when it is not there and the owner may make none
 */
export async function grantRights(db: Database, role: { name: string; password: string }): Promise<void> {
  const plain = db.withoutPlugins();
  await ensureRole(plain, role);
  await refuseUnbound(plain, role.name);
  await plain.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const granted = await rightsOf(tx, role.name);
    for (const [name, rights] of Object.entries(TABLES)) {
      const table = snakeCase(name);
      const has = granted.get(table) ?? [];
      const missing = rights.filter((right) => !has.includes(right));
      const surplus = has.filter((right) => !rights.some((one) => one === right));
      const [on, who] = [sql`ON TABLE ${sql.id(table)}`, sql.id(role.name)];
      if (missing.length > 0) await sql`GRANT ${listed(missing)} ${on} TO ${who}`.execute(tx);
      if (surplus.length > 0) await sql`REVOKE ${listed(surplus)} ${on} FROM ${who}`.execute(tx);
    }
    for (const sequence of SEQUENCES) {
      if (await hasUsage(tx, role.name, sequence)) continue;
      await sql`GRANT USAGE ON SEQUENCE ${sql.id(sequence)} TO ${sql.id(role.name)}`.execute(tx);
    }
  });
}

async function ensureRole(db: Kysely<Schema>, { name, password }: { name: string; password: string }): Promise<void> {
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${name}`.execute(db);
  if (rows.length > 0) return;
  try {
    await db.transaction().execute(async (tx) => {
      // Alone, so that a server which refuses it writes no password into its log.
      await sql`CREATE ROLE ${sql.id(name)} LOGIN`.execute(tx);
      if (password !== '') await sql`ALTER ROLE ${sql.id(name)} PASSWORD ${sql.lit(password)}`.execute(tx);
    });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && MADE_MEANWHILE.includes(error.code ?? ''))) throw error;
  }
}

/** @throws {ConfigError} when the role is a superuser, or owns a table: it could give itself any right back */
async function refuseUnbound(db: Kysely<Schema>, role: string): Promise<void> {
  const { rows } = await sql`
    SELECT FROM pg_roles WHERE rolname = ${role} AND (rolsuper OR EXISTS (
      SELECT FROM pg_tables WHERE schemaname = current_schema() AND tableowner = rolname))`.execute(db);
  if (rows.length === 0) return;
  throw new ConfigError([
    'DATABASE_URL: beside DATABASE_OWNER_URL it must name a role that is no superuser and owns no table of the shop',
  ]);
}

/** The rights that were given to the role itself, by table. */
async function rightsOf(tx: Kysely<Schema>, role: string): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ table: string; rights: string[] }>`
    SELECT table_name AS "table", array_agg(privilege_type::text) AS rights FROM information_schema.table_privileges
    WHERE grantee = ${role} AND table_schema = current_schema() GROUP BY table_name`.execute(tx);
  return new Map(rows.map(({ table, rights }) => [table, rights]));
}

async function hasUsage(tx: Kysely<Schema>, role: string, sequence: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    SELECT has_sequence_privilege(${role}::name, ${sequence}, 'USAGE') AS has`.execute(tx);
  return rows.some(({ has }) => has);
}

function listed(rights: readonly string[]) {
  return sql.raw(rights.join(', '));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
