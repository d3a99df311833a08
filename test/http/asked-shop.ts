// Orders and payments over HTTP, on the real database and a Temporal that answers as it is told, for tests of what workflows are
// asked for a request.
import { createPlacingActivities } from '../../activities/placing.ts';
import { createApp } from '../../src/http/app.ts';
import { orderArea } from '../../src/http/areas.ts';
import type { CheckoutAnswer, IntentAnswer, MoveAnswer } from '../../src/orders/rules.ts';
import { paymentRoutes } from '../../src/payments/routes.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { orderToken } from '../../src/platform/tokens.ts';
import { LATER, NOW, PRICING } from '../support/rows.ts';
import { asking } from './asking.ts';
import { floor } from './floor.ts';

/** What a workflow is asked. */
export interface Asked {
  workflowId: string;
  update: string;
  request: unknown;
}

type WorkflowAnswer = CheckoutAnswer | MoveAnswer | IntentAnswer;
/** What the workflow answers; or it throws, as the client of Temporal does. */
export type Answers = (question: Asked) => WorkflowAnswer | Promise<WorkflowAnswer>;

export interface Sent {
  method?: string;
  token?: string | null;
  key?: string | null;
  json?: unknown;
}

/** The shop: `answers` is what its workflows answer (none, until a test sets it), and `asked` what they have been asked. */
export function askedShop(db: Database, environment: Record<string, string> = {}) {
  const told: { asked: Asked[]; answers: Answers } = { asked: [], answers: nothingToAsk };
  const temporal = temporalDouble((question) => {
    told.asked.push(question);
    return told.answers(question);
  });
  const { deps } = floor(null, environment, { db, clock: () => NOW, temporal });
  const ask = asking(createApp(deps, [orderArea, paymentRoutes]));
  const tokenOf = (orderId: string) => orderToken(deps.config.TOKEN_SECRET, orderId);
  /** As the owner of the order, unless told. */
  const send = (orderId: string, path: string, sent: Sent = {}) => {
    const { method = 'PUT', token = tokenOf(orderId), key = newId(new Date()), json } = sent;
    const proof = {
      ...(token !== null && { 'X-Order-Token': token }),
      ...(key !== null && { 'Idempotency-Key': key }),
    };
    return ask(method, path, { headers: proof, json });
  };
  return Object.assign(told, { ask, send, tokenOf, limits: deps.limits });
}

/** What a checkout does with a submit: the real step, in the transaction that writes the order. */
export function placingIn(db: Database): Answers {
  const steps = createPlacingActivities({ db, clock: () => NOW, pricing: PRICING });
  const until = { card: LATER.toISOString(), cod: LATER.toISOString() };
  const times = { placedAt: NOW.toISOString(), expiresAt: until, holdsExpireAt: until };
  return async ({ workflowId }) => {
    const orderId = workflowId.replace('checkout/', '');
    const placed = await steps.placeOrder({ orderId, nextOrderId: newId(NOW), ...times });
    return 'refusal' in placed ? { outcome: 'refused', refusal: placed.refusal } : { outcome: 'placed' };
  };
}

const nothingToAsk: Answers = () => {
  throw new Error('nothing should be asked');
};

/** The part of the client that asks workflows. */
function temporalDouble(answers: Answers): TemporalClient {
  const ask = async (workflowId: string, { name }: { name: string }, [request]: unknown[] = []) =>
    answers({ workflowId, update: name, request });
  const workflow = {
    getHandle: (id: string) => ({
      executeUpdate: (update: { name: string }, options: { args?: unknown[] } = {}) => ask(id, update, options.args),
    }),
    executeUpdateWithStart: (update: { name: string }, options: WithStart) =>
      ask(options.startWorkflowOperation.options.workflowId, update, options.args),
  };
  const client = { workflow, withDeadline: (_deadline: number, call: () => unknown) => call() };
  return { client } as unknown as TemporalClient;
}

interface WithStart {
  args?: unknown[];
  startWorkflowOperation: { options: { workflowId: string } };
}
