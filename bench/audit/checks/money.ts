// P4: money without an order, or an order without money, does not last. What counts is what Stripe says; the books of the shop
// must say the same.
import type { Chapter } from '../check.ts';

/** Money that Stripe has received. */
const RECEIVED = `(SELECT * FROM seen_intents WHERE status = 'succeeded' AND received > 0)`;
/** What Stripe has sent back, or is sending back, of each intent. */
const RETURNED = `(SELECT intent_id, sum(amount) AS amount, sum(amount) FILTER (WHERE status = 'succeeded') AS arrived
  FROM seen_stripe_refunds WHERE status IN ('succeeded', 'pending', 'requires_action') GROUP BY intent_id)`;
/** Refunds that are written down, and that Stripe does not have yet. */
const OPEN = `(SELECT payment_id, sum(amount) AS amount FROM refunds WHERE status = 'PENDING'
  AND id NOT IN (SELECT refund_id FROM seen_stripe_refunds WHERE refund_id IS NOT NULL AND status <> 'failed') GROUP BY payment_id)`;
/** What the shop has kept of the money that it knows of, and what the order is worth to it. */
const KEPT = `(
  SELECT facts.order_id, received.currency, sum(received.received - coalesce(returned.amount, 0)) AS kept,
    sum(coalesce(returned.amount, 0)) AS returned, sum(coalesce(open.amount, 0)) AS open,
    CASE WHEN NOT ended AND complete_to = 'PAID' AND received.currency = facts.currency THEN total ELSE 0 END AS due
  FROM facts JOIN ${RECEIVED} AS received USING (order_id) JOIN payments ON payments.intent_id = received.id
  LEFT JOIN ${RETURNED} AS returned ON returned.intent_id = received.id
  LEFT JOIN ${OPEN} AS open ON open.payment_id = payments.id
  WHERE payments.captured > 0 AND NOT waits
  GROUP BY facts.order_id, received.currency, ended, complete_to, facts.currency, total)`;
/** Money is known to the shop this soon after it came, or its order still waits, or its workflow runs. */
const BOOKED_WITHIN = `interval '1 minute'`;

export const P4: Chapter = {
  promise: 'P4',
  title: 'money',
  figures: `
    SELECT (SELECT count(*) FROM ${RECEIVED} AS received) AS payments,
      (SELECT coalesce(sum(received), 0) FROM ${RECEIVED} AS received) AS received,
      (SELECT count(*) FROM seen_stripe_refunds WHERE status = 'succeeded') AS refunds,
      (SELECT coalesce(sum(amount), 0) FROM seen_stripe_refunds WHERE status = 'succeeded') AS "sent back"`,
  checks: [
    {
      name: 'p4_money_without_order',
      label: 'paid without order',
      query: `
        SELECT order_id, concat(received.id, ': ', received, ' ', received.currency) AS detail
        FROM ${RECEIVED} AS received LEFT JOIN facts USING (order_id) WHERE facts.order_id IS NULL`,
    },
    {
      name: 'p4_order_without_money',
      label: 'order without money',
      query: `
        SELECT order_id, concat('paid ', total, ' ', currency, ', Stripe has received nothing') AS detail
        FROM facts WHERE complete_to = 'PAID' AND total > 0 AND order_id NOT IN (
          SELECT order_id FROM ${RECEIVED} AS received WHERE order_id IS NOT NULL)`,
    },
    {
      name: 'p4_wrong_sum',
      label: 'wrong sum or currency completed',
      query: `
        SELECT order_id, concat('costs ', total, ' ', facts.currency, ', received ',
          string_agg(concat(received, ' ', received.currency), ' and ')) AS detail
        FROM facts JOIN ${RECEIVED} AS received USING (order_id)
        WHERE complete_to = 'PAID' AND total > 0
        GROUP BY order_id, total, facts.currency
        HAVING NOT bool_or(received = total AND received.currency = facts.currency)`,
    },
    {
      name: 'p4_money_lost',
      label: 'money that the shop does not know of',
      query: `
        SELECT order_id, concat(received.id, ': ', received, ' ', received.currency) AS detail
        FROM ${RECEIVED} AS received JOIN facts USING (order_id)
        WHERE NOT waits AND received.created + ${BOOKED_WITHIN} < pg_temp.audit_now()
          AND NOT EXISTS (SELECT FROM payments WHERE intent_id = received.id AND payments.captured > 0)
          AND NOT EXISTS (SELECT FROM seen_workflows AS run WHERE run.status = 'RUNNING'
            AND run.workflow_id IN ('checkout/' || order_id, 'late-payment/' || received.id))`,
    },
    {
      name: 'p4_captured_differs',
      label: 'captured other than received',
      query: `
        SELECT payments.order_id, concat(intent_id, ': captured ', payments.captured, ' ', payments.currency, ', received ',
          coalesce(received.received, 0), ' ', received.currency) AS detail
        FROM payments LEFT JOIN ${RECEIVED} AS received ON received.id = intent_id
        WHERE payments.captured > 0
          AND (payments.captured IS DISTINCT FROM received.received OR payments.currency IS DISTINCT FROM received.currency)`,
    },
    {
      name: 'p4_books_differ',
      label: 'order books other than its payments',
      query: `
        SELECT order_id, concat('captured ', facts.captured, ', its payments ', coalesce(sums.captured, 0), '; refunded ',
          facts.refunded, ', its payments ', coalesce(sums.refunded, 0)) AS detail
        FROM facts LEFT JOIN (
          SELECT order_id, currency, sum(captured) AS captured, sum(refunded) AS refunded FROM payments GROUP BY order_id, currency
        ) AS sums USING (order_id, currency)
        WHERE facts.captured <> coalesce(sums.captured, 0) OR facts.refunded <> coalesce(sums.refunded, 0)
        UNION ALL
        SELECT order_id, concat(intent_id, ': refunded ', refunded, ', its refunds ', coalesce(sums.amount, 0))
        FROM payments LEFT JOIN (
          SELECT payment_id, sum(amount) AS amount FROM refunds WHERE status = 'SUCCEEDED' GROUP BY payment_id
        ) AS sums ON sums.payment_id = payments.id
        WHERE refunded <> coalesce(sums.amount, 0)`,
    },
    {
      name: 'p4_refund_beyond_capture',
      label: 'refunds beyond capture',
      query: `
        SELECT order_id, concat('captured ', captured, ', refunded ', refunded) AS detail FROM facts WHERE refunded > captured
        UNION ALL
        SELECT payments.order_id, concat(intent_id, ': captured ', payments.captured, ', refunds ', sum(refunds.amount))
        FROM payments JOIN refunds ON refunds.payment_id = payments.id WHERE refunds.status <> 'FAILED'
        GROUP BY payments.id HAVING sum(refunds.amount) > payments.captured
        UNION ALL
        SELECT order_id, concat(id, ': received ', received, ', Stripe sent back ', returned.amount)
        FROM seen_intents JOIN ${RETURNED} AS returned ON returned.intent_id = id WHERE returned.amount > received`,
    },
    {
      name: 'p4_refund_not_made',
      label: 'refunds that Stripe has not made',
      query: `
        SELECT order_id, concat(payments.intent_id, ': refunded ', refunded, ', Stripe sent back ', coalesce(arrived, 0)) AS detail
        FROM payments LEFT JOIN ${RETURNED} AS returned USING (intent_id)
        WHERE refunded > coalesce(arrived, 0)`,
    },
    {
      name: 'p4_refund_not_booked',
      label: 'refunds that the shop does not know of',
      query: `
        SELECT seen_intents.order_id, concat(made.id, ': ', made.amount, ', the shop says ', coalesce(refunds.status, 'nothing'))
          AS detail
        FROM seen_stripe_refunds AS made JOIN seen_intents ON seen_intents.id = made.intent_id
        LEFT JOIN refunds ON refunds.id = made.refund_id
        WHERE made.status = 'succeeded' AND made.refund_id IS NOT NULL AND refunds.status IS DISTINCT FROM 'SUCCEEDED'
          AND NOT EXISTS (SELECT FROM seen_workflows AS run
            WHERE run.status = 'RUNNING' AND run.workflow_id = 'refund/' || made.refund_id)`,
    },
    {
      name: 'p4_refunded_twice',
      label: 'refunded twice',
      query: `
        SELECT min(seen_intents.order_id::text)::uuid AS order_id, concat('refund ', refund_id, ' was made as ',
          string_agg(made.id, ' and ')) AS detail
        FROM seen_stripe_refunds AS made LEFT JOIN seen_intents ON seen_intents.id = made.intent_id
        WHERE refund_id IS NOT NULL AND made.status NOT IN ('failed', 'canceled') GROUP BY refund_id HAVING count(*) > 1`,
    },
    {
      name: 'p4_money_kept',
      label: 'money kept beyond what is due',
      query: `
        SELECT order_id, concat('kept ', kept, ' ', currency, ', being sent back ', open, ', due ', due) AS detail
        FROM ${KEPT} AS kept WHERE kept - open > due`,
    },
    {
      name: 'p4_money_short',
      label: 'standing orders whose money went back',
      query: `
        SELECT order_id, concat('kept ', kept, ' ', currency, ', due ', due) AS detail
        FROM ${KEPT} AS kept WHERE returned > 0 AND kept < due AND due > 0`,
    },
    {
      name: 'p4_payment_status',
      label: 'other payment status than the money',
      query: `
        SELECT order_id, concat(status, ' ', payment_status, ': total ', total, ', captured ', captured, ', refunded ', refunded)
          AS detail
        FROM facts
        WHERE NOT CASE
          WHEN status = 'PENDING' THEN payment_status = CASE WHEN total = 0 THEN 'NONE' ELSE 'PENDING' END
            OR (total > 0 AND payment_status = 'FAILED')
          WHEN status = 'AWAITING_CONFIRMATION' THEN payment_status = 'NONE'
          WHEN ended AND captured = 0 THEN payment_status = 'NONE'
          WHEN ended AND refunded = captured THEN payment_status IN ('NONE', 'REFUNDED')
          WHEN ended THEN true
          WHEN complete_to = 'CONFIRMED' THEN payment_status IN ('COD_DUE', 'COD_COLLECTED')
          WHEN total = 0 THEN payment_status = 'NONE'
          WHEN captured - refunded >= total THEN payment_status = 'PAID'
          ELSE payment_status IN ('PARTIALLY_REFUNDED', 'REFUNDED') END`,
    },
  ],
};
