// What people may ask of an order, put to the workflow that moves it: to its checkout while the order waits for money or
// for a person, to its fulfillment afterwards. The workflow decides; what is looked up here only says whom to ask.
import { WithStartWorkflowOperation } from '@temporalio/client';
import {
  CANCEL_UPDATE_ID,
  cancelUpdate,
  confirmUpdate,
  type FulfillmentInput,
  type MoveRequest,
  rejectUpdate,
  TASK_QUEUES,
  WORKFLOW_IDS,
} from '../../workflows/messages.ts';
import { answerDeadline, askWorkflow, untilJudged } from '../http/ask-workflow.ts';
import type { Database } from '../platform/database.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import type { MoveAnswer, OrderStatus } from './rules.ts';
import { findStatus, wasMovedFor } from './store.ts';

const IN_CHECKOUT: ReadonlySet<OrderStatus> = new Set(['PENDING', 'AWAITING_CONFIRMATION']);
const UNDECIDED: ReadonlySet<OrderStatus> = new Set(['AWAITING_CONFIRMATION']);
const IN_FULFILLMENT: ReadonlySet<OrderStatus> = new Set(['PAID', 'CONFIRMED', 'PROCESSING']);

interface MoveDependencies {
  db: Database;
  temporal: TemporalClient;
}

type Fulfillment = (input: FulfillmentInput) => Promise<unknown>;

/**
 * Cancels the order, wherever it stands before it is shipped.
 * @returns whether it moved, and where it stands now; undefined when there is no such order
 * @throws when Temporal is away, or does not answer in time: the request may be repeated
 */
export async function cancelOrder(
  deps: MoveDependencies,
  orderId: string,
  request: MoveRequest,
): Promise<MoveAnswer | undefined> {
  const deadline = answerDeadline();
  const cancel = { orderId, request, update: cancelUpdate, from: IN_CHECKOUT, to: 'CANCELLED', deadline } as const;
  const inCheckout = await moveInCheckout(deps, cancel);
  if (inCheckout === undefined || inCheckout.moved || !IN_FULFILLMENT.has(inCheckout.status)) return inCheckout;
  return cancelInFulfillment(deps.temporal, orderId, request, deadline);
}

const DECISIONS = {
  confirm: { update: confirmUpdate, to: 'CONFIRMED', reason: 'confirmed_by_shop' },
  reject: { update: rejectUpdate, to: 'CANCELLED', reason: 'rejected_by_shop' },
} as const;

/** One of the staff says yes or no to an order with cash on delivery. Returns and throws like `cancelOrder`. */
export async function decideOrder(
  deps: MoveDependencies,
  orderId: string,
  decision: keyof typeof DECISIONS,
  { by, requestKey }: Pick<MoveRequest, 'by' | 'requestKey'>,
): Promise<MoveAnswer | undefined> {
  const { update, to, reason } = DECISIONS[decision];
  const request: MoveRequest = { by, reason, requestKey };
  return moveInCheckout(deps, { orderId, request, update, from: UNDECIDED, to, deadline: answerDeadline() });
}

interface MoveInCheckout {
  orderId: string;
  request: MoveRequest;
  update: typeof cancelUpdate;
  from: ReadonlySet<OrderStatus>;
  to: OrderStatus;
  deadline: number;
}

/** Asks the checkout of an order that stands where the move begins. One that is over has left the order elsewhere. */
async function moveInCheckout(
  { db, temporal }: MoveDependencies,
  move: MoveInCheckout,
): Promise<MoveAnswer | undefined> {
  const { orderId, request, update, from, deadline } = move;
  const before = await findStatus(db, orderId);
  if (before === undefined) return undefined;
  if (!from.has(before)) return withoutAsking(db, move, before);
  const checkout = { id: WORKFLOW_IDS.checkout(orderId), deadline };
  const answer = await askWorkflow(temporal, checkout, (handle) => handle.executeUpdate(update, { args: [request] }));
  if (answer !== 'ended') return answer;
  return withoutAsking(db, move, (await findStatus(db, orderId)) ?? before);
}

/** An order that stands elsewhere is not moved. The repeat of the request that has moved it is told that it has. */
async function withoutAsking(
  db: Database,
  { orderId, request: { requestKey }, to }: MoveInCheckout,
  status: OrderStatus,
): Promise<MoveAnswer> {
  return { moved: await wasMovedFor(db, { orderId, to, requestKey }), status };
}

/** The first act on an order that was paid or confirmed starts its fulfillment. */
async function cancelInFulfillment(
  { client }: TemporalClient,
  orderId: string,
  request: MoveRequest,
  deadline: number,
): Promise<MoveAnswer> {
  const start = () =>
    new WithStartWorkflowOperation<Fulfillment>('fulfillment', {
      workflowId: WORKFLOW_IDS.fulfillment(orderId),
      taskQueue: TASK_QUEUES.orders,
      args: [{ orderId }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: 'What becomes of an order that was paid or confirmed',
    });
  const send = () =>
    client.workflow.executeUpdateWithStart(cancelUpdate, {
      updateId: CANCEL_UPDATE_ID,
      args: [request],
      startWorkflowOperation: start(),
    });
  return untilJudged(() => client.withDeadline(deadline, send));
}
