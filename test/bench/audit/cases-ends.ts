// Ways to break P5 and P9.
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TemporalClient } from '../../../src/platform/temporal.ts';
import { freeze } from '../../proofs/parts.ts';
import { until } from '../../support/wait.ts';
import type { Case } from './case.ts';

/** temporal.api.enums.v1.CommandType */
const START_TIMER = 3;
const FAIL_WORKFLOW = 5;
/** The task is there already. */
const POLL_WITHIN_MS = 20_000;

/** A cart that is frozen for an order which nobody makes. */
const FROZEN_CART = `INSERT INTO carts SELECT gen_random_uuid(), decode(md5(id::text), 'hex'), NULL, 'checkout',
  gen_random_uuid(), currency, 1, expires_at, created_at, updated_at FROM carts
  WHERE id = (SELECT cart_id FROM orders WHERE id = :waiting)`;
const NEWEST = `(SELECT next_order_id FROM carts WHERE token_hash = (SELECT decode(md5(cart_id::text), 'hex') FROM orders WHERE id = :waiting))`;
const CHECKOUT = `INSERT INTO checkouts SELECT (row).* FROM (
  SELECT jsonb_populate_record(checkouts, jsonb_build_object('order_id', ${NEWEST},
    'cart_id', (SELECT id FROM carts WHERE next_order_id = ${NEWEST}))) AS row FROM checkouts WHERE order_id = :waiting) AS copy`;

/** The rows of the waiting order that name it, once more under the new order's id. */
const COPY = (table: string, change = "'{}'::jsonb") => `INSERT INTO ${table} SELECT (row).* FROM (
  SELECT jsonb_populate_record(${table}, jsonb_build_object('order_id', ${NEWEST}) || ${change}) AS row
  FROM ${table} WHERE order_id = :waiting) AS copy`;

/** Begins a workflow of which no worker knows, and answers its first task where a command is given. @returns what removes it */
async function begin({ client }: TemporalClient, type: string, workflowId: string, command?: object) {
  const { namespace } = client.options;
  const taskQueue = randomUUID();
  await client.workflow.start(type, { workflowId, taskQueue, args: [{}] });
  if (command !== undefined) {
    const { taskToken } = await client.withDeadline(Date.now() + POLL_WITHIN_MS, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
    );
    await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [command] });
  }
  return () => isGone(client, workflowId);
}

async function isGone(client: TemporalClient['client'], workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await untilListed(client, `WorkflowId = '${workflowId}'`, 0);
}

async function untilListed(client: TemporalClient['client'], query: string, times: number): Promise<void> {
  await until(`${times} of ${query}`, async () => (await client.workflow.count(query)).count === times);
}

export const P5_CASES: Case[] = [
  {
    check: 'p5_order_overdue',
    also: ['p3_hold_overdue'],
    sql: `UPDATE holds SET expires_at = now() - interval '1 minute' WHERE order_id = :waiting;
      UPDATE orders SET expires_at = now() - interval '1 minute' WHERE id = :waiting`,
  },
  {
    check: 'p5_order_without_workflow',
    sql: `${FROZEN_CART}; ${CHECKOUT};
      INSERT INTO orders SELECT (row).* FROM (
        SELECT jsonb_populate_record(orders, jsonb_build_object('id', ${NEWEST}, 'number', 'PD-0', 'coupon_code', NULL,
          'cart_id', (SELECT id FROM carts WHERE next_order_id = ${NEWEST}))) AS row FROM orders WHERE id = :waiting) AS copy;
      ${COPY('order_items')}; ${COPY('order_events')}; ${COPY('holds', "jsonb_build_object('id', gen_random_uuid())")};
      UPDATE inventory SET reserved = reserved + holds.quantity FROM holds
      WHERE holds.variant_id = inventory.variant_id AND holds.order_id = ${NEWEST}`,
  },
  {
    check: 'p5_workflow_stuck',
    later: 5,
    temporal: async (service) => {
      const id = `refund/${randomUUID()}`;
      const undo = await begin(service, 'refund', id);
      await untilListed(service.client, `WorkflowId = '${id}'`, 1);
      return undo;
    },
  },
  {
    check: 'p5_workflow_failed',
    stays: true,
    temporal: async (service) => {
      const id = `late-payment/${randomUUID()}`;
      await begin(service, 'latePayment', id, {
        commandType: FAIL_WORKFLOW,
        failWorkflowExecutionCommandAttributes: { failure: { message: 'broken by hand' } },
      });
      await untilListed(service.client, `WorkflowId = '${id}' AND ExecutionStatus = 'Failed'`, 1);
      return async () => undefined;
    },
  },
  {
    check: 'p5_watch_missing',
    temporal: async ({ client }, { pids }) => {
      const thaw = freeze(...pids.worker);
      const running = "WorkflowId = 'mailer' AND ExecutionStatus = 'Running'";
      await client.workflow.getHandle('mailer').terminate();
      await untilListed(client, running, 0);
      return async () => {
        thaw();
        await untilListed(client, running, 1);
      };
    },
  },
  {
    check: 'p5_refund_without_end',
    sql: `INSERT INTO refunds (id, order_id, payment_id, amount, currency, reason, created_at, updated_at)
      SELECT gen_random_uuid(), order_id, id, 1, currency, 'order_cancelled', now(), now() FROM payments WHERE order_id = :paid`,
  },
  { check: 'p5_half_order', sql: `${FROZEN_CART}; ${CHECKOUT}` },
  { check: 'p5_checkout_open', sql: 'UPDATE checkouts SET closed_at = NULL WHERE order_id = :expired' },
  { check: 'p5_cart_not_closed', sql: `UPDATE carts SET status = 'open' WHERE next_order_id = :paid` },
  {
    check: 'p5_cart_not_reopened',
    sql: `UPDATE carts SET next_order_id = :cancelled WHERE id = (SELECT cart_id FROM orders WHERE id = :cancelled)`,
  },
  { check: 'p5_cart_frozen', sql: FROZEN_CART },
];

export const P9_CASES: Case[] = [
  {
    check: 'p9_replay_refused',
    replay: 100,
    says: /^P9 replay +histories replayed \d{2}; refused 1$/m,
    temporal: async (service) => {
      const id = `refund/${randomUUID()}`;
      // No refund of ours begins with a timer.
      const undo = await begin(service, 'refund', id, {
        commandType: START_TIMER,
        startTimerCommandAttributes: { timerId: '1', startToFireTimeout: msToTs('1h') },
      });
      await untilListed(service.client, `WorkflowId = '${id}'`, 1);
      return undo;
    },
  },
];
