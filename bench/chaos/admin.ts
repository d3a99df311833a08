// The member of staff who says yes or no to cash on delivery; logs in, and again when the login does not count any more.
import { randomUUID } from 'node:crypto';
import type { Client } from './client.ts';

export interface Admin {
  /** Says so to the shop; what comes of it, the order's shopper sees. */
  decide(orderId: string, decision: 'confirm' | 'reject'): Promise<void>;
}

const UNAUTHENTICATED = 'unauthenticated';

export function createAdmin(client: Client, account: { email: string; password: string }): Admin {
  let token: string | undefined;

  /** The new token; undefined when the shop does not answer. */
  async function logIn(): Promise<string | undefined> {
    const ask = { method: 'POST', route: '/auth/login', body: account };
    token = (await client<{ accessToken: string }>(ask))?.body.accessToken;
    return token;
  }

  return {
    decide: async (orderId, decision) => {
      const key = randomUUID();
      const send = (login: string, ...mayRefuse: string[]) =>
        client({
          method: 'POST',
          route: `/orders/:id/${decision}`,
          path: `/orders/${orderId}/${decision}`,
          headers: { Authorization: `Bearer ${login}`, 'Idempotency-Key': key },
          mayRefuse: ['invalid_transition', ...mayRefuse],
        });
      const login = token ?? (await logIn());
      const reply = login === undefined ? undefined : await send(login, UNAUTHENTICATED);
      if (reply?.code !== UNAUTHENTICATED) return;
      const fresh = await logIn();
      if (fresh !== undefined) await send(fresh);
    },
  };
}
