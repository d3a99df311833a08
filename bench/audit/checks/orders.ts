// P1 (one cart, one order) and the moves of each order, which are one gapless chain along the lifecycle table.
import type { Chapter } from '../check.ts';

/** What was answered with 2xx, once for each caller, submit and order. */
const ANSWERED = `(SELECT DISTINCT cart, submit, key, order_id FROM seen_placed
  WHERE status BETWEEN 200 AND 299 AND order_id IS NOT NULL)`;
/** A cart is its shopper's again when its order has ended: an order after that is another one rightly. */
const NOT_ONE_AFTER_THE_OTHER = `NOT coalesce(first.ended_at <= second.placed_at OR second.ended_at <= first.placed_at, false)`;

export const P1: Chapter = {
  promise: 'P1',
  title: 'one cart, one order',
  figures: `
    SELECT (SELECT count(*) FROM seen_placed) AS "submits answered",
      (SELECT count(DISTINCT cart) FROM seen_placed) AS "carts of clients",
      (SELECT count(*) FROM carts WHERE id IN (SELECT cart_id FROM orders)) AS "carts ordered",
      (SELECT count(*) FROM orders) AS orders`,
  checks: [
    {
      name: 'p1_double_order',
      label: 'double orders',
      query: `
        SELECT order_id, 'cart ' || cart_id || ' has ' || count(*) OVER (PARTITION BY cart_id) || ' live orders' AS detail
        FROM facts WHERE NOT ended AND cart_id IN (
          SELECT cart_id FROM facts WHERE NOT ended GROUP BY cart_id HAVING count(*) > 1)`,
    },
    {
      name: 'p1_other_order',
      label: 'callers with another order',
      query: `
        SELECT a.order_id, 'cart ' || a.cart || ', submit ' || a.submit || ' was also answered with order ' || b.order_id AS detail
        FROM ${ANSWERED} AS a JOIN ${ANSWERED} AS b USING (cart, submit)
        LEFT JOIN facts AS first ON first.order_id = a.order_id
        LEFT JOIN facts AS second ON second.order_id = b.order_id
        WHERE a.order_id < b.order_id AND ${NOT_ONE_AFTER_THE_OTHER}`,
    },
    {
      name: 'p1_other_answer',
      label: 'callers with another answer',
      query: `
        SELECT order_id, 'answered as ' || string_agg(DISTINCT concat(number, ' for ', total), ' and as ') AS detail
        FROM seen_placed WHERE status BETWEEN 200 AND 299 AND order_id IS NOT NULL
        GROUP BY order_id HAVING count(DISTINCT concat(number, ' for ', total)) > 1`,
    },
    {
      name: 'p1_key_reused',
      label: 'keys with two orders',
      query: `
        SELECT placed.order_id, 'key ' || placed.key || ' is kept for order ' || min(kept.order_id) AS detail
        FROM ${ANSWERED} AS placed JOIN (
          SELECT key, substring(headers ->> 'location' FROM '/orders/(.+)$') AS order_id FROM idempotency_keys
          WHERE status = 201
        ) AS kept ON kept.key = placed.key AND kept.order_id IS NOT NULL
        GROUP BY placed.key, placed.order_id HAVING bool_and(kept.order_id <> placed.order_id::text)`,
    },
    {
      name: 'p1_cart_free',
      label: 'waiting orders whose cart is free',
      query: `
        SELECT order_id, concat(facts.status, ', cart ', cart_id, ' is ', carts.status) AS detail
        FROM facts JOIN carts ON carts.id = cart_id
        WHERE waits AND (carts.status <> 'checkout' OR carts.next_order_id <> order_id)`,
    },
  ],
};

export const EVENTS: Chapter = {
  promise: 'events',
  title: 'moves of orders',
  figures: 'SELECT count(*) AS moves FROM order_events',
  checks: [
    {
      name: 'events_gap',
      label: 'gaps in a sequence',
      query: `
        SELECT order_id, count(*) || ' events, numbered up to ' || max(sequence) AS detail
        FROM order_events GROUP BY order_id HAVING max(sequence) <> count(*)`,
    },
    {
      name: 'events_broken_chain',
      label: 'moves from elsewhere',
      query: `
        SELECT order_id, 'event ' || sequence || ' moves from ' || coalesce(from_status, 'nothing') || ', but it stood at '
          || coalesce(stood, 'nothing') AS detail
        FROM (SELECT *, lag(to_status) OVER (PARTITION BY order_id ORDER BY sequence) AS stood FROM order_events) AS event
        WHERE from_status IS DISTINCT FROM stood`,
    },
    {
      name: 'events_forbidden_move',
      label: 'forbidden moves',
      query: `
        SELECT event.order_id, concat(coalesce(from_status, 'nothing'), ' to ', to_status, ' (', payment_method, ')') AS detail
        FROM order_events AS event JOIN facts USING (order_id)
        WHERE NOT EXISTS (
          SELECT FROM moves WHERE moves.from_status IS NOT DISTINCT FROM event.from_status
            AND moves.to_status = event.to_status
            AND coalesce(moves.payment_method, facts.payment_method) = facts.payment_method)`,
    },
    {
      name: 'events_other_status',
      label: 'orders that stand elsewhere than their last move',
      query: `
        SELECT order_id, 'is ' || status || ', its last move was to ' || coalesce(last_to, 'nothing') AS detail
        FROM facts WHERE status IS DISTINCT FROM last_to`,
    },
    {
      name: 'events_other_cart',
      label: 'orders of another cart than was submitted',
      query: `
        SELECT facts.order_id, concat('is of cart ', facts.cart_id, ', submitted was ', checkouts.cart_id) AS detail
        FROM facts LEFT JOIN checkouts USING (order_id) WHERE checkouts.cart_id IS DISTINCT FROM facts.cart_id`,
    },
  ],
};
