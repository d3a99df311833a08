// The member of staff who says yes or no to cash on delivery; logs in, and again when the login does not count any more.
import { randomUUID } from 'node:crypto';
import type { OrderBody } from '../../test/support/shopper.ts';
import type { Client, Reply } from './client.ts';

export interface Admin {
  /** The order as it is then; undefined when the shop did not answer. */
  decide(orderId: string, decision: 'confirm' | 'reject'): Promise<Reply<OrderBody> | undefined>;
}

const UNAUTHENTICATED = 'unauthenticated';

export function createAdmin(client: Client, account: { email: string; password: string }): Admin {
  let token: string | undefined;

  async function logIn(): Promise<void> {
    const ask = { method: 'POST', route: '/auth/login', body: account };
    token = (await client<{ accessToken: string }>(ask))?.body.accessToken;
  }

  return {
    decide: async (orderId, decision) => {
      const ask = {
        method: 'POST',
        route: `/orders/:id/${decision}`,
        path: `/orders/${orderId}/${decision}`,
        mayRefuse: ['invalid_transition', UNAUTHENTICATED],
      };
      const key = randomUUID();
      const send = () =>
        client<OrderBody>({ ...ask, headers: { Authorization: `Bearer ${token}`, 'Idempotency-Key': key } });
      if (token === undefined) await logIn();
      const reply = await send();
      if (reply?.code !== UNAUTHENTICATED) return reply;
      await logIn();
      return send();
    },
  };
}
