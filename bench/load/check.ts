// What must be so in the tables after a run, whatever its speed: each line counts what breaks it.
import type { Stack } from '../../src/local/stack-file.ts';
import { query } from './tables.ts';

export interface Checked {
  /** Orders by status. */
  orders: Record<string, number>;
  /** What must be none, and how many there are. */
  wrong: Record<string, number>;
}

/** Each counts rows that must not be there. */
const NONE_OF: Record<string, string> = {
  'orders PAID without a succeeded intent of their total': `select count(*) from orders o where o.status = 'PAID' and o.total > 0
     and (o.captured <> o.total or 1 <> (select count(*) from payments p
       where p.order_id = o.id and p.intent_status = 'succeeded' and p.captured = o.total))`,
  'succeeded intents whose order is not PAID': `select count(*) from payments p join orders o on o.id = p.order_id
     where p.intent_status = 'succeeded' and o.status <> 'PAID'`,
  'lines of PAID orders whose stock has not left once': `select count(*) from order_items i join orders o on o.id = i.order_id
     left join stock_movements m on m.order_id = i.order_id and m.variant_id = i.variant_id and m.kind = 'sold'
     where o.status = 'PAID' and m.quantity is distinct from -i.quantity`,
  'stock that left for orders which are not PAID': `select count(*) from stock_movements m join orders o on o.id = m.order_id
     where m.kind = 'sold' and o.status <> 'PAID'`,
  'variants whose reserved count is not the sum of their live holds': `select count(*) from inventory v where v.reserved <>
     (select coalesce(sum(quantity), 0) from holds h where h.variant_id = v.variant_id and h.status = 'HELD')`,
  'live holds of orders that do not wait': `select count(*) from holds h left join orders o on o.id = h.order_id
     where h.status = 'HELD' and coalesce(o.status, '') not in ('PENDING', 'AWAITING_CONFIRMATION')`,
  'orders PAID or AWAITING_CONFIRMATION without their one mail': `select count(*) from orders o
     where o.status in ('PAID', 'AWAITING_CONFIRMATION') and 1 <> (select count(*) from mails m where m.order_id = o.id
       and m.sent_at is not null and m.fact = case o.status when 'PAID' then 'paid' else 'placed' end)`,
  'events of Stripe that nobody handled': 'select count(*) from stripe_events where handled_at is null',
  'carts with more than one live order': `select count(*) from (select from orders
     where status not in ('CANCELLED', 'EXPIRED') group by cart_id having count(*) > 1) doubled`,
};

/** What is known from outside. Of a story that failed on its way the order may be there or not. */
export interface Known {
  /** Stories that the shoppers saw come to their end, and that failed. */
  done: number;
  failed: number;
  /** Orders that were settled before the run. */
  settledBefore: number;
}

/** Looks at all orders of the shop, this run's and earlier ones. */
export async function checkTables(stack: Stack, { done, failed, settledBefore }: Known): Promise<Checked> {
  const statuses = await query<{ status: string; count: number }>(
    stack.databaseUrl,
    'select status, count(*)::int from orders group by status order by status',
    [],
  );
  const orders = Object.fromEntries(statuses.map(({ status, count }) => [status, count]));
  const wrong: Record<string, number> = {};
  for (const [what, text] of Object.entries(NONE_OF)) {
    const [row] = await query<{ count: string }>(stack.databaseUrl, text, []);
    wrong[what] = Number(row?.count);
  }
  const settled = (orders['PAID'] ?? 0) + (orders['AWAITING_CONFIRMATION'] ?? 0) - settledBefore;
  wrong['orders that their shoppers saw settled, and the tables do not have'] = Math.max(0, done - settled);
  wrong['orders in the tables that no shopper placed'] = Math.max(0, settled - done - failed);
  if (failed === 0) wrong['orders that are stuck before their payment'] = orders['PENDING'] ?? 0;
  return { orders, wrong };
}

/** How many orders have settled for their shoppers so far. */
export async function settledOrders(databaseUrl: string): Promise<number> {
  const text = "select count(*)::int from orders where status in ('PAID', 'AWAITING_CONFIRMATION')";
  const [row] = await query<{ count: number }>(databaseUrl, text, []);
  return row?.count ?? 0;
}
