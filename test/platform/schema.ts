// What PostgreSQL's own catalog says of a schema, as sorted lines that two states of a database can be compared by.
import { sql } from 'kysely';
import type { Database } from '../../src/platform/database.ts';

/** Kysely's own two tables, which stay when everything of ours is gone. */
const BOOKKEEPING = "'^kysely_migration'";

/** One kind of thing a line: tables, columns with types and defaults, constraints, indexes, triggers, functions, sequences, types. */
const QUERIES = [
  `SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || coalesce(array_to_string(reloptions, ','), '') AS line
   FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
   AND relname !~ ${BOOKKEEPING}`,
  `SELECT 'column ' || relname || '.' || attname || ' ' || attnum || ' ' || format_type(atttypid, atttypmod)
     || CASE WHEN attnotnull THEN ' not null' ELSE '' END || ' identity=' || attidentity::text || ' generated=' || attgenerated::text
     || ' collation=' || attcollation || ' default=' || coalesce(pg_get_expr(adbin, adrelid), '') AS line
   FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
   LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped
   AND relname !~ ${BOOKKEEPING}`,
  `SELECT 'constraint ' || relname || '.' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
     || CASE WHEN convalidated THEN '' ELSE ' not valid' END AS line
   FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
   WHERE relnamespace = 'public'::regnamespace AND relname !~ ${BOOKKEEPING}`,
  `SELECT 'index ' || pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' invalid' END AS line
   FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
   WHERE relnamespace = 'public'::regnamespace AND relname !~ ${BOOKKEEPING}`,
  `SELECT 'trigger ' || pg_get_triggerdef(pg_trigger.oid) AS line FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
   WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal`,
  `SELECT 'function ' || pg_get_functiondef(oid) AS line FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')`,
  `SELECT 'sequence ' || sequencename || ' ' || concat_ws(' ', data_type, start_value, min_value, max_value, increment_by,
     cycle, cache_size) AS line FROM pg_sequences WHERE schemaname = 'public'`,
  `SELECT 'type ' || typname || ' ' || typtype::text AS line FROM pg_type
   WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r', 'm')`,
  `SELECT 'extension ' || extname AS line FROM pg_extension`,
];

/** Everything of ours in the schema `public`, and the extensions. */
export async function schemaLines(db: Database): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    SELECT line FROM (${sql.raw(QUERIES.join(' UNION ALL '))}) AS everything ORDER BY line COLLATE "C"`.execute(db);
  return rows.map(({ line }) => line);
}
