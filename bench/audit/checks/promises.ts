// P6 (webhooks), P7 (coupons), P8 (foreign reads) and P10 (what clients were told stands).
import type { Chapter } from '../check.ts';

const ACKNOWLEDGED = `(SELECT * FROM seen_events WHERE acknowledged_at IS NOT NULL)`;

export const P6: Chapter = {
  promise: 'P6',
  title: 'webhooks',
  figures: `
    SELECT (SELECT count(*) FROM seen_events) AS events,
      (SELECT count(*) FROM ${ACKNOWLEDGED} AS acknowledged) AS acknowledged,
      (SELECT count(*) FROM seen_events WHERE acknowledged_at IS NULL AND pending = 0) AS "never delivered",
      (SELECT count(*) FROM seen_events WHERE pending > 0) AS "still to be delivered"`,
  checks: [
    {
      name: 'p6_event_lost',
      label: 'lost',
      query: `
        SELECT told.order_id, concat(told.id, ' (', told.type, ') was acknowledged at ', acknowledged_at) AS detail
        FROM ${ACKNOWLEDGED} AS told LEFT JOIN stripe_events USING (id) WHERE stripe_events.id IS NULL`,
    },
    {
      name: 'p6_event_not_handled',
      label: 'acknowledged before they were handled',
      query: `
        SELECT told.order_id, concat(told.id, ' (', told.type, ') was acknowledged at ', acknowledged_at) AS detail
        FROM ${ACKNOWLEDGED} AS told JOIN stripe_events USING (id) WHERE handled_at IS NULL`,
    },
    {
      name: 'p6_event_altered',
      label: 'stored other than sent',
      query: `
        SELECT stored.order_id, concat(stored.id, ': stored as ', stored.type, ' of ', stored.object_id, ' for order ',
          stored.order_id, ', sent as ', coalesce(told.type, 'nothing'), ' of ', told.object_id) AS detail
        FROM stripe_events AS stored LEFT JOIN seen_events AS told USING (id)
        WHERE (stored.type, stored.object_id, stored.order_id)
          IS DISTINCT FROM (told.type, told.object_id, told.order_id)`,
    },
    {
      name: 'p6_event_without_effect',
      label: 'acknowledged payments without effect',
      query: `
        SELECT facts.order_id, concat(told.id, ' told of ', object_id, ', the order is ', facts.status) AS detail
        FROM ${ACKNOWLEDGED} AS told JOIN facts USING (order_id)
        LEFT JOIN payments ON intent_id = object_id AND payments.captured > 0
        WHERE told.type = 'payment_intent.succeeded' AND payments.id IS NULL AND NOT EXISTS (
          SELECT FROM seen_workflows AS run WHERE run.status = 'RUNNING'
            AND run.workflow_id IN ('checkout/' || facts.order_id, 'late-payment/' || object_id))`,
    },
  ],
};

/** A use that counts. */
const COUNTS = `status IN ('HELD', 'COMMITTED')`;

export const P7: Chapter = {
  promise: 'P7',
  title: 'coupons',
  figures: `SELECT (SELECT count(*) FROM coupons) AS coupons, (SELECT count(*) FROM coupon_redemptions) AS uses,
    (SELECT count(*) FROM coupon_redemptions WHERE status = 'COMMITTED') AS committed`,
  checks: [
    {
      name: 'p7_over_total',
      label: 'over total limit',
      query: `
        SELECT NULL::uuid AS order_id, concat(code, ': ', uses.times, ' uses of ', total_limit) AS detail
        FROM coupons JOIN (SELECT coupon_id, count(*) AS times FROM coupon_redemptions WHERE ${COUNTS} GROUP BY coupon_id) AS uses
          ON uses.coupon_id = coupons.id
        WHERE uses.times > total_limit`,
    },
    {
      name: 'p7_over_customer',
      label: 'over customer limit',
      query: `
        SELECT order_id, concat(code, ': ', uses.times, ' uses by one customer of ', per_customer_limit) AS detail
        FROM (
          SELECT order_id, coupon_id, count(*) OVER (PARTITION BY coupon_id, lower(customer)) AS times
          FROM coupon_redemptions WHERE ${COUNTS}
        ) AS uses JOIN coupons ON coupons.id = coupon_id
        WHERE uses.times > per_customer_limit`,
    },
    {
      name: 'p7_used_differs',
      label: 'counted other than used',
      query: `
        SELECT NULL::uuid AS order_id, concat(code, ': counted ', used, ', uses ', count(order_id)) AS detail
        FROM coupons LEFT JOIN coupon_redemptions ON coupon_id = coupons.id AND ${COUNTS}
        GROUP BY coupons.id HAVING used <> count(order_id)`,
    },
    {
      name: 'p7_use_kept',
      label: 'uses kept by ended orders',
      query: `
        SELECT order_id, concat('a use is ', uses.status, ', the order ', coalesce(facts.status, 'never written')) AS detail
        FROM coupon_redemptions AS uses LEFT JOIN facts USING (order_id) LEFT JOIN checkouts USING (order_id)
        WHERE ${COUNTS.replace('status', 'uses.status')}
          AND CASE WHEN facts.order_id IS NULL THEN closed_at IS NOT NULL OR checkouts.order_id IS NULL
            WHEN ended THEN true
            ELSE complete_at IS NOT NULL AND uses.status = 'HELD' END`,
    },
    {
      name: 'p7_use_missing',
      label: 'discounts without a use',
      query: `
        SELECT order_id, concat(coupon_code, ' was taken, its use is ', coalesce(uses.status, 'not there')) AS detail
        FROM facts LEFT JOIN coupon_redemptions AS uses USING (order_id)
        WHERE coupon_code IS NOT NULL AND complete_at IS NOT NULL AND NOT ended AND uses.status IS DISTINCT FROM 'COMMITTED'`,
    },
  ],
};

export const P8: Chapter = {
  promise: 'P8',
  title: 'foreign reads',
  figures: `SELECT coalesce(sum(times), 0) AS tried,
    coalesce(sum(times) FILTER (WHERE status >= 500 OR status = 429), 0) AS "not judged (5xx, 429)" FROM seen_foreign_reads`,
  checks: [
    {
      name: 'p8_foreign_answer',
      label: 'answered',
      query: `
        SELECT NULL::uuid AS order_id, concat(route, ' answered ', status, ' to a stranger ', times, ' times') AS detail
        FROM seen_foreign_reads WHERE status < 500 AND status NOT IN (401, 403, 404, 429)`,
    },
  ],
};

const PLACED = `(SELECT * FROM seen_placed WHERE status BETWEEN 200 AND 299)`;

export const P10: Chapter = {
  promise: 'P10',
  title: 'availability',
  figures: `
    SELECT coalesce(sum(times), 0) AS answers,
      coalesce(sum(times) FILTER (WHERE status >= 500), 0) AS "5xx seen by clients",
      coalesce(sum(times) FILTER (WHERE status = 503 AND retry_after), 0) AS "503 with Retry-After",
      (SELECT coalesce(sum(times), 0) FROM seen_lost) AS "requests without an answer",
      (SELECT count(DISTINCT order_id) FROM ${PLACED} AS placed) AS "acknowledged orders",
      (SELECT coalesce(string_agg(what || ' ' || times, ', ' ORDER BY what), 'nothing') FROM seen_done)
        AS "done to the shop"
    FROM seen_answers`,
  checks: [
    {
      name: 'p10_server_error',
      label: '5xx other than 503 with Retry-After',
      query: `
        SELECT NULL::uuid AS order_id, concat(method, ' ', route, ' answered ', status, ' ', code,
          CASE WHEN retry_after THEN ' with' ELSE ' without' END, ' Retry-After, ', times, ' times') AS detail
        FROM seen_answers WHERE status >= 500 AND NOT (status = 503 AND retry_after)`,
    },
    {
      name: 'p10_order_missing',
      label: 'acknowledged orders missing',
      query: `
        SELECT placed.order_id, concat('acknowledged as ', placed.number, ' for ', placed.total, ', kept as ',
          coalesce(concat(facts.number, ' for ', facts.total), 'nothing')) AS detail
        FROM (SELECT DISTINCT order_id, number, total FROM ${PLACED} AS placed) AS placed LEFT JOIN facts USING (order_id)
        WHERE (facts.number, facts.total) IS DISTINCT FROM (placed.number, placed.total)`,
    },
    {
      name: 'p10_status_taken_back',
      label: 'statuses taken back',
      query: `
        SELECT order_id, concat('its shopper read ', status, ' at ', first_at, ', it never stood there') AS detail
        FROM seen_reads AS reads WHERE NOT EXISTS (
          SELECT FROM order_events AS event WHERE event.order_id = reads.order_id AND event.to_status = reads.status)`,
    },
    {
      name: 'p10_payment_missing',
      label: 'acknowledged payments missing',
      query: `
        SELECT paid.order_id, concat('Stripe told its shopper at ', at, ' that ', intent_id, ' has succeeded; it is ',
          coalesce(seen_intents.status, 'not there')) AS detail
        FROM seen_paid AS paid LEFT JOIN seen_intents ON seen_intents.id = intent_id
        WHERE seen_intents.status IS DISTINCT FROM 'succeeded'`,
    },
  ],
};
