// P2 (stock is neither oversold nor leaked) and P3 (it is held before money moves).
import type { Chapter } from '../check.ts';

const LIVE = `(SELECT variant_id, sum(quantity)::bigint AS quantity FROM holds WHERE status = 'HELD' GROUP BY variant_id)`;

export const P2: Chapter = {
  promise: 'P2',
  title: 'stock',
  figures: `
    SELECT (SELECT count(*) FROM inventory) AS variants,
      (SELECT count(DISTINCT variant_id) FROM stock_movements WHERE kind IN ('received', 'set')) AS "with a ledger from the start",
      (SELECT count(*) FROM holds) AS holds,
      (SELECT coalesce(-sum(quantity), 0) FROM stock_movements WHERE kind = 'sold') AS "units sold",
      (SELECT coalesce(sum(quantity), 0) FROM stock_movements WHERE kind = 'restocked') AS restocked`,
  checks: [
    {
      name: 'p2_oversold',
      label: 'oversold',
      query: `
        SELECT NULL::uuid AS order_id, concat(sku, ': on hand ', on_hand, ', reserved ', reserved) AS detail
        FROM inventory JOIN variants ON variants.id = variant_id
        WHERE NOT (0 <= reserved AND reserved <= on_hand)`,
    },
    {
      name: 'p2_reserved_differs',
      label: 'reserved other than the live holds',
      query: `
        SELECT NULL::uuid AS order_id, concat(sku, ': reserved ', reserved, ', held ', coalesce(live.quantity, 0)) AS detail
        FROM inventory JOIN variants ON variants.id = variant_id LEFT JOIN ${LIVE} AS live USING (variant_id)
        WHERE reserved <> coalesce(live.quantity, 0)`,
    },
    {
      name: 'p2_leaked_hold',
      label: 'leaked holds',
      query: `
        SELECT holds.order_id, concat(holds.quantity, ' of ', variant_id, ' held, order ', coalesce(facts.status, 'never written'))
          AS detail
        FROM holds JOIN checkouts USING (order_id) LEFT JOIN facts USING (order_id)
        WHERE holds.status = 'HELD' AND CASE WHEN facts.order_id IS NULL THEN closed_at IS NOT NULL ELSE NOT facts.waits END`,
    },
    {
      name: 'p2_ledger_differs',
      label: 'on hand other than the ledger',
      query: `
        SELECT NULL::uuid AS order_id, concat(sku, ': on hand ', on_hand, ', ledger ', ledger.quantity) AS detail
        FROM inventory JOIN variants ON variants.id = variant_id JOIN (
          SELECT variant_id, sum(quantity) AS quantity FROM stock_movements GROUP BY variant_id
          HAVING bool_or(kind IN ('received', 'set'))
        ) AS ledger USING (variant_id)
        WHERE on_hand <> ledger.quantity`,
    },
    {
      name: 'p2_sold_differs',
      label: 'sold other than committed',
      query: `
        SELECT order_id, concat(variant_id, ': committed ', coalesce(hold.quantity, 0), ', sold ', coalesce(-sold.quantity, 0))
          AS detail
        FROM (SELECT * FROM holds WHERE status = 'COMMITTED') AS hold
        FULL JOIN (SELECT * FROM stock_movements WHERE kind = 'sold') AS sold USING (order_id, variant_id)
        WHERE hold.quantity IS DISTINCT FROM -sold.quantity`,
    },
    {
      name: 'p2_restocked_differs',
      label: 'restocked other than cancelled',
      query: `
        SELECT order_id, concat(variant_id, ': sold to a cancelled order ', coalesce(back.quantity, 0), ', restocked ',
          coalesce(restocked.quantity, 0)) AS detail
        FROM (
          SELECT order_id, variant_id, quantity FROM holds JOIN facts USING (order_id)
          WHERE holds.status = 'COMMITTED' AND facts.status = 'CANCELLED'
        ) AS back
        FULL JOIN (SELECT * FROM stock_movements WHERE kind = 'restocked') AS restocked USING (order_id, variant_id)
        WHERE back.quantity IS DISTINCT FROM restocked.quantity`,
    },
  ],
};

/** A hold is over this soon after its time, whoever was killed meanwhile: the promise's own figure. */
const OVER_WITHIN = `interval '5 seconds'`;
/** Stripe tells times in whole seconds. */
const SECOND = `interval '1 second'`;

export const P3: Chapter = {
  promise: 'P3',
  title: 'holds before money',
  figures: `
    SELECT (SELECT count(*) FROM seen_intents JOIN facts USING (order_id)) AS "intents of orders",
      (SELECT count(*) FROM seen_intents JOIN facts USING (order_id) WHERE seen_intents.status = 'succeeded') AS succeeded`,
  checks: [
    {
      name: 'p3_money_before_hold',
      label: 'intents whose order had no hold',
      query: `
        SELECT order_id, concat('intent ', seen_intents.id, ' was made at ', seen_intents.created) AS detail
        FROM seen_intents JOIN facts USING (order_id)
        WHERE NOT EXISTS (
          SELECT FROM holds WHERE holds.order_id = facts.order_id AND holds.created_at <= seen_intents.created + ${SECOND})`,
    },
    {
      name: 'p3_sold_without_hold',
      label: 'lines sold without their hold',
      query: `
        SELECT facts.order_id, concat(items.sku, ': ordered ', items.quantity, ', committed ', coalesce(holds.quantity, 0)) AS detail
        FROM facts JOIN order_items AS items USING (order_id)
        LEFT JOIN holds ON holds.order_id = facts.order_id AND holds.variant_id = items.variant_id
          AND holds.status = 'COMMITTED'
        WHERE facts.complete_at IS NOT NULL AND holds.quantity IS DISTINCT FROM items.quantity`,
    },
    {
      name: 'p3_waiting_without_hold',
      label: 'orders that wait without their hold',
      query: `
        SELECT facts.order_id, concat(items.sku, ': ordered ', items.quantity, ', held ', coalesce(holds.quantity, 0)) AS detail
        FROM facts JOIN order_items AS items USING (order_id)
        LEFT JOIN holds ON holds.order_id = facts.order_id AND holds.variant_id = items.variant_id AND holds.status = 'HELD'
        WHERE facts.waits AND facts.held_until > pg_temp.audit_now() AND holds.quantity IS DISTINCT FROM items.quantity`,
    },
    {
      name: 'p3_hold_without_owner',
      label: 'holds without an owner',
      query: `
        SELECT order_id, concat('hold ', id, ' of ', quantity, ' ', variant_id, ' is ', status) AS detail
        FROM holds WHERE NOT EXISTS (SELECT FROM checkouts WHERE checkouts.order_id = holds.order_id)`,
    },
    {
      name: 'p3_hold_overdue',
      label: 'holds beyond their time',
      query: `
        SELECT order_id, concat('hold ', id, ' should have ended at ', expires_at) AS detail
        FROM holds WHERE status = 'HELD' AND expires_at + ${OVER_WITHIN} < pg_temp.audit_now()`,
    },
    {
      name: 'p3_use_overdue',
      label: 'coupon uses beyond their time',
      query: `
        SELECT order_id, concat('a use of ', coupon_id, ' should have ended at ', expires_at) AS detail
        FROM coupon_redemptions WHERE status = 'HELD' AND expires_at + ${OVER_WITHIN} < pg_temp.audit_now()`,
    },
  ],
};
