// People and their passwords in SQL, for the ways to log in, to register and to prove a mailbox.
import type { Kysely } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { newId } from '../platform/ids.ts';
import { PERSON, type Person } from './rules.ts';
import { deleteSessionsOf } from './session-store.ts';

const PASSWORD_PROVIDER = 'credential';

/** Makes a customer. @returns undefined when the address is somebody's, in which case nothing is written */
export async function insertPerson(
  tx: Kysely<Schema>,
  { now, ...person }: Pick<Person, 'email' | 'name' | 'emailVerified'> & { now: Date },
): Promise<Person | undefined> {
  return tx
    .insertInto('users')
    .values({ ...person, id: newId(now), createdAt: now, updatedAt: now })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(PERSON)
    .executeTakeFirst();
}

/** Sets the password, whether there was one or not. @param hash argon2id */
export async function setPassword(tx: Kysely<Schema>, userId: string, hash: string, now: Date): Promise<void> {
  const times = { createdAt: now, updatedAt: now };
  await tx
    .insertInto('accounts')
    .values({ id: newId(now), userId, providerId: PASSWORD_PROVIDER, accountId: userId, password: hash, ...times })
    .onConflict((conflict) =>
      conflict.columns(['providerId', 'accountId']).doUpdateSet({ password: hash, updatedAt: now }),
    )
    .execute();
}

/** The password's hash; null where the person has none. */
export async function findPassword(db: Kysely<Schema>, userId: string): Promise<string | null> {
  const account = await db
    .selectFrom('accounts')
    .select('password')
    .where('providerId', '=', PASSWORD_PROVIDER)
    .where('accountId', '=', userId)
    .executeTakeFirst();
  return account?.password ?? null;
}

/**
 * Whether the user is active and this is their password's hash. Waits for whoever is just replacing the password or shutting
 * the user out, so that the answer holds beside what these have ended.
 */
export async function isPasswordOf(db: Kysely<Schema>, userId: string, hash: string): Promise<boolean> {
  // The user's row is locked before the account's, as a reset does it.
  const user = await db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.userId', 'users.id')
    .select('users.id')
    .where('providerId', '=', PASSWORD_PROVIDER)
    .where('accountId', '=', userId)
    .where('password', '=', hash)
    .where('users.active', '=', true)
    .forShare()
    .executeTakeFirst();
  return user !== undefined;
}

/** Replaces the password, if it still is the one that was checked. @returns whether it was */
export async function replacePassword(
  tx: Kysely<Schema>,
  { userId, from, to, now }: { userId: string; from: string; to: string; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ password: to, updatedAt: now })
    .where('providerId', '=', PASSWORD_PROVIDER)
    .where('accountId', '=', userId)
    .where('password', '=', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** A mailed link was opened: the mailbox's owner says that the account is theirs. @returns the person; undefined when nobody active has the address */
export async function confirmAddress(tx: Kysely<Schema>, email: string, now: Date): Promise<Person | undefined> {
  return tx
    .updateTable('users')
    .set({ emailVerified: true, updatedAt: now })
    .where('email', '=', email)
    .where('active', '=', true)
    .returning(PERSON)
    .executeTakeFirst();
}

/**
 * The account under an address comes to the mailbox's owner, who has proven it by what nobody else is sent. Where nobody had confirmed
 * it, whoever made it may be somebody else: their password and their sessions end.
 * @param email in lower case
 * @returns undefined when nobody active has the address
 */
export async function giveToOwner(tx: Kysely<Schema>, email: string, now: Date): Promise<Person | undefined> {
  const known = await tx
    .selectFrom('users')
    .select(PERSON)
    .where('email', '=', email)
    .where('active', '=', true)
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined || known.emailVerified) return known;
  await voidPassword(tx, known.id, now);
  await deleteSessionsOf(tx, known.id);
  return confirmAddress(tx, email, now);
}

/** Lets in who has proven the mailbox: who has no account gets one. @returns undefined when the user is not active */
export async function admitOwner(
  tx: Kysely<Schema>,
  email: string,
  now: Date,
): Promise<{ user: Person; isNew: boolean } | undefined> {
  const added = await insertPerson(tx, { email, name: nameFrom(email), emailVerified: true, now });
  if (added !== undefined) return { user: added, isNew: true };
  const user = await giveToOwner(tx, email, now);
  return user && { user, isNew: false };
}

async function voidPassword(tx: Kysely<Schema>, userId: string, now: Date): Promise<void> {
  await tx
    .updateTable('accounts')
    .set({ password: null, updatedAt: now })
    .where('userId', '=', userId)
    .where('providerId', '=', PASSWORD_PROVIDER)
    .execute();
}

/** The id of the person with this address, active or not. */
export async function findUserId(db: Kysely<Schema>, email: string): Promise<string | undefined> {
  const user = await db.selectFrom('users').select('id').where('email', '=', email.toLowerCase()).executeTakeFirst();
  return user?.id;
}

/** What stands before the @: people who log in by a code are not asked for a name. */
function nameFrom(email: string): string {
  return email.slice(0, email.lastIndexOf('@'));
}
