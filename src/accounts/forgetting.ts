// How a person is forgotten. Their row stays for what refers to it, with nothing of them in it.
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { deleteSessionsOf } from './session-store.ts';

/** No address in it is anybody's (RFC 2606, section 2), and none is let in. */
const NOBODYS_DOMAIN = 'deleted.invalid';

/** Forgets a user in other areas, or cuts loose what has to stay, in the transaction that forgets them here. */
export type ForgetUser = (db: Kysely<Schema>, userId: string, now: Date) => Promise<void>;

/** Nothing of the person stays, no login of theirs works any more, and their address is free again. */
export async function forgetPerson(tx: Kysely<Schema>, id: string, forget: ForgetUser, now: Date): Promise<void> {
  await tx
    .updateTable('users')
    .set({ email: `${randomUUID()}@${NOBODYS_DOMAIN}`, name: 'Deleted', emailVerified: false, active: false })
    .set({ role: 'customer', updatedAt: now, deletedAt: now })
    .where('id', '=', id)
    .execute();
  await deleteSessionsOf(tx, id);
  await tx.deleteFrom('accounts').where('userId', '=', id).execute();
  await forget(tx, id, now);
}
