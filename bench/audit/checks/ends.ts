// P5: every order comes to its end, and so does everything that was begun for it: workflow, cart, checkout, refund.
import type { Chapter } from '../check.ts';
import { ALWAYS_RUNNING } from '../temporal.ts';

/** After an order's window and its holds are over, it has this long to come to its end; a workflow, after its work. */
const LATE = `interval '30 seconds'`;
const STUCK = `interval '1 minute'`;
/** A refund looks at Stripe by itself ever more rarely; one that Stripe has settled longer than this ago is forgotten. */
const REFUND_STUCK = `interval '10 minutes'`;

/** What runs, with the order that it is of. A late payment's and a refund's are found by what they name. */
const RUNNING = `(
  SELECT run.*, split_part(run.workflow_id, '/', 2) AS subject,
    coalesce(payments.order_id, intents.order_id, refunds.order_id, facts.order_id) AS order_id,
    refunds.status AS refund_status, payments.id AS payment_id
  FROM seen_workflows AS run
  LEFT JOIN facts ON run.type IN ('checkout', 'fulfillment') AND facts.order_id::text = split_part(run.workflow_id, '/', 2)
  LEFT JOIN refunds ON run.type = 'refund' AND refunds.id::text = split_part(run.workflow_id, '/', 2)
  LEFT JOIN payments ON run.type = 'latePayment' AND payments.intent_id = split_part(run.workflow_id, '/', 2)
  LEFT JOIN seen_intents AS intents ON run.type = 'latePayment' AND intents.id = split_part(run.workflow_id, '/', 2)
  WHERE run.status = 'RUNNING')`;
const IS_RUNNING = (id: string) =>
  `EXISTS (SELECT FROM seen_workflows AS run WHERE run.status = 'RUNNING' AND run.workflow_id = ${id})`;

export const P5: Chapter = {
  promise: 'P5',
  title: 'ends',
  figures: `
    SELECT (SELECT string_agg(status || ' ' || times, ', ' ORDER BY status) FROM (
        SELECT status, count(*) AS times FROM facts GROUP BY status) AS ends) AS "orders",
      (SELECT count(*) FROM seen_workflows) AS workflows,
      (SELECT count(*) FROM seen_workflows WHERE status = 'TERMINATED') AS "terminated by hand",
      (SELECT extract(epoch FROM max(coalesce(complete_at, ended_at) - placed_at))::numeric(12, 1) FROM facts)
        AS "longest time to an end state (s)",
      (SELECT extract(epoch FROM max(ended_at - expires_at))::numeric(12, 1) FROM facts WHERE status = 'EXPIRED')
        AS "longest wait beyond a window (s)"`,
  checks: [
    {
      name: 'p5_order_overdue',
      label: 'orders without end',
      query: `
        SELECT order_id, concat(status, ' although its time was over at ', held_until) AS detail
        FROM facts WHERE waits AND held_until + ${LATE} < pg_temp.audit_now()`,
    },
    {
      name: 'p5_order_without_workflow',
      label: 'waiting orders that no workflow runs',
      query: `
        SELECT order_id, concat(status, ', its checkout is ', coalesce((
          SELECT string_agg(seen_workflows.status, ', ') FROM seen_workflows WHERE workflow_id = 'checkout/' || order_id
        ), 'unknown to Temporal')) AS detail
        FROM facts WHERE waits AND NOT ${IS_RUNNING(`'checkout/' || facts.order_id`)}`,
    },
    {
      name: 'p5_workflow_stuck',
      label: 'workflows stuck',
      query: `
        SELECT running.order_id, concat(workflow_id, ' runs since ', started_at) AS detail
        FROM ${RUNNING} AS running LEFT JOIN facts ON facts.order_id = running.order_id
        WHERE NOT coalesce(facts.waits, false)
          AND greatest(started_at, last_at + greatest(last_at - started_at, interval '0')) + ${STUCK} < pg_temp.audit_now()
          AND CASE running.type
            WHEN 'checkout' THEN true
            WHEN 'fulfillment' THEN NOT EXISTS (
              SELECT FROM refunds WHERE refunds.order_id = running.order_id AND refunds.status = 'PENDING')
            WHEN 'latePayment' THEN NOT EXISTS (
              SELECT FROM refunds WHERE refunds.payment_id = running.payment_id AND refunds.status = 'PENDING')
            WHEN 'refund' THEN refund_status IS DISTINCT FROM 'PENDING' OR (
              started_at + ${REFUND_STUCK} < pg_temp.audit_now() AND NOT EXISTS (
                SELECT FROM seen_stripe_refunds AS made WHERE made.refund_id::text = subject AND made.status <> 'succeeded'))
            ELSE false END`,
    },
    {
      name: 'p5_workflow_failed',
      label: 'workflows failed',
      query: `
        SELECT CASE WHEN type IN ('checkout', 'fulfillment') THEN split_part(workflow_id, '/', 2)::uuid END AS order_id,
          concat(workflow_id, ' (run ', run_id, ') is ', status) AS detail
        FROM seen_workflows WHERE status IN ('FAILED', 'TIMED_OUT')`,
    },
    {
      name: 'p5_watch_missing',
      label: 'watches that do not run',
      query: `
        SELECT NULL::uuid AS order_id, name || ' does not run' AS detail
        FROM unnest('{${ALWAYS_RUNNING.join()}}'::text[]) AS name WHERE NOT ${IS_RUNNING('name')}`,
    },
    {
      name: 'p5_refund_without_end',
      label: 'open refunds that no workflow runs',
      query: `
        SELECT order_id, concat('refund ', id, ' of ', amount, ' is PENDING since ', created_at) AS detail
        FROM refunds WHERE status = 'PENDING' AND NOT ${IS_RUNNING(`'refund/' || refunds.id`)}`,
    },
    {
      name: 'p5_half_order',
      label: 'half orders',
      query: `
        SELECT checkouts.order_id, concat('frozen at ', frozen_at, ', never written and never undone') AS detail
        FROM checkouts LEFT JOIN facts USING (order_id)
        WHERE frozen_at IS NOT NULL AND closed_at IS NULL AND facts.order_id IS NULL
          AND NOT ${IS_RUNNING(`'checkout/' || checkouts.order_id`)}`,
    },
    {
      name: 'p5_checkout_open',
      label: 'ended orders whose checkout is open',
      query: `
        SELECT order_id, concat(status, ', its checkout was never closed') AS detail
        FROM facts JOIN checkouts USING (order_id) WHERE ended AND complete_at IS NULL AND closed_at IS NULL`,
    },
    {
      name: 'p5_cart_not_closed',
      label: 'complete orders whose cart is open',
      query: `
        SELECT order_id, concat('cart ', cart_id, ' is ', carts.status) AS detail
        FROM facts JOIN carts ON carts.id = cart_id WHERE complete_at IS NOT NULL AND carts.status <> 'ordered'`,
    },
    {
      name: 'p5_cart_not_reopened',
      label: 'ended orders that keep their cart',
      query: `
        SELECT order_id, concat('cart ', cart_id, ' is ', carts.status, ' and still names the order') AS detail
        FROM facts JOIN carts ON carts.id = cart_id
        WHERE ended AND complete_at IS NULL AND carts.next_order_id = order_id`,
    },
    {
      name: 'p5_cart_frozen',
      label: 'carts frozen for nothing',
      query: `
        SELECT next_order_id AS order_id, concat('cart ', carts.id, ' waits for an order that nobody makes') AS detail
        FROM carts LEFT JOIN facts ON facts.order_id = next_order_id
        WHERE carts.status = 'checkout' AND facts.order_id IS NULL
          AND NOT EXISTS (SELECT FROM checkouts WHERE order_id = next_order_id AND frozen_at IS NOT NULL AND closed_at IS NULL)
          AND NOT ${IS_RUNNING(`'checkout/' || carts.next_order_id`)}`,
    },
  ],
};
