// The table of routes: what each one takes, who may call it, what it answers with and which function does it.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { closeDispute, findDispute } from './disputes.ts';
import {
  createEndpoint,
  createEndpointParameters,
  deleteEndpoint,
  findEndpoint,
  updateEndpoint,
  updateEndpointParameters,
  withoutSecret,
} from './endpoints.ts';
import { invalid, missing } from './errors.ts';
import type { Answer } from './expansion.ts';
import {
  cancelIntentParameters,
  captureIntentParameters,
  confirmIntentParameters,
  createIntentParameters,
  retrieveIntentParameters,
  updateIntentParameters,
} from './intent-parameters.ts';
import { cancelIntent, captureIntent, confirmIntent, createIntent, findIntent, updateIntent } from './intents.ts';
import { page } from './pages.ts';
import { boolean, expand, list, paging, text } from './parameters.ts';
import {
  cancelRefund,
  createRefund,
  createRefundParameters,
  findRefund,
  updateRefund,
  updateRefundParameters,
} from './refunds.ts';
import { type Asked, type Route, route } from './route.ts';
import type { Store, StoredEvent } from './store.ts';

const one = (kind: Answer['kind']): Answer => ({ kind, listed: false });
const many = (kind: Answer['kind']): Answer => ({ kind, listed: true });
const nothing = z.strictObject(expand);

const INTENTS = '/v1/payment_intents';
const intentRoutes = [
  route('POST', INTENTS, { takes: createIntentParameters, gives: one('payment_intent'), run: createIntent }),
  route('GET', INTENTS, {
    takes: z.strictObject(paging),
    gives: many('payment_intent'),
    run: ({ store }, params) => page(store.tables.payment_intents, 'payment_intent', INTENTS, params),
  }),
  route('GET', `${INTENTS}/:id`, {
    takes: retrieveIntentParameters,
    gives: one('payment_intent'),
    publishable: true,
    run(work, params, asked) {
      const intent = findIntent(work, asked.id);
      checkClientSecret(asked, intent, params.client_secret);
      return intent;
    },
  }),
  route('POST', `${INTENTS}/:id`, {
    takes: updateIntentParameters,
    gives: one('payment_intent'),
    run: (work, params, { id }) => updateIntent(work, id, params),
  }),
  route('POST', `${INTENTS}/:id/confirm`, {
    takes: confirmIntentParameters,
    gives: one('payment_intent'),
    publishable: true,
    run(work, params, asked) {
      checkClientSecret(asked, findIntent(work, asked.id), params.client_secret);
      return confirmIntent(work, asked.id, params);
    },
  }),
  route('POST', `${INTENTS}/:id/cancel`, {
    takes: cancelIntentParameters,
    gives: one('payment_intent'),
    run: (work, params, { id }) => cancelIntent(work, id, params),
  }),
  route('POST', `${INTENTS}/:id/capture`, {
    takes: captureIntentParameters,
    gives: one('payment_intent'),
    run: (work, params, { id }) => captureIntent(work, id, params),
  }),
];

const CHARGES = '/v1/charges';
const chargeRoutes = [
  route('GET', CHARGES, {
    takes: z.strictObject({ ...paging, payment_intent: text.optional() }),
    gives: many('charge'),
    run: ({ store }, params) =>
      page(store.tables.charges, 'charge', CHARGES, { ...params, group: params.payment_intent }),
  }),
  route('GET', `${CHARGES}/:id`, {
    takes: nothing,
    gives: one('charge'),
    run(work, _params, { id }) {
      const charge = work.store.tables.charges.get(id);
      if (charge === undefined) throw missing('charge', id);
      return charge;
    },
  }),
];

const REFUNDS = '/v1/refunds';
const refundRoutes = [
  route('POST', REFUNDS, { takes: createRefundParameters, gives: one('refund'), run: createRefund }),
  route('GET', REFUNDS, {
    takes: z.strictObject({ ...paging, charge: text.optional(), payment_intent: text.optional() }),
    gives: many('refund'),
    run: ({ store }, params) =>
      page(
        store.tables.refunds,
        'refund',
        REFUNDS,
        { ...params, group: params.payment_intent },
        ofCharge(params.charge),
      ),
  }),
  route('GET', `${REFUNDS}/:id`, {
    takes: nothing,
    gives: one('refund'),
    run: (work, _params, { id }) => findRefund(work, id),
  }),
  route('POST', `${REFUNDS}/:id`, {
    takes: updateRefundParameters,
    gives: one('refund'),
    run: (work, params, { id }) => updateRefund(work, id, params),
  }),
  route('POST', `${REFUNDS}/:id/cancel`, {
    takes: nothing,
    gives: one('refund'),
    run: (work, _params, { id }) => cancelRefund(work, id),
  }),
];

const DISPUTES = '/v1/disputes';
const disputeRoutes = [
  route('GET', DISPUTES, {
    takes: z.strictObject({ ...paging, charge: text.optional(), payment_intent: text.optional() }),
    gives: many('dispute'),
    run: ({ store }, params) =>
      page(
        store.tables.disputes,
        'dispute',
        DISPUTES,
        { ...params, group: params.payment_intent },
        ofCharge(params.charge),
      ),
  }),
  route('GET', `${DISPUTES}/:id`, {
    takes: nothing,
    gives: one('dispute'),
    run: (work, _params, { id }) => findDispute(work, id),
  }),
  route('POST', `${DISPUTES}/:id/close`, {
    takes: nothing,
    gives: one('dispute'),
    run: (work, _params, { id }) => closeDispute(work, id),
  }),
];

const EVENTS = '/v1/events';
const eventRoutes = [
  route('GET', EVENTS, {
    takes: z.strictObject({
      ...paging,
      delivery_success: boolean.optional(),
      type: text.optional(),
      types: list.optional(),
    }),
    gives: many('event'),
    run({ store }, { type, types, delivery_success: delivered, ...cursor }) {
      const wanted = type === undefined ? types : [type];
      const found = page(store.tables.events, 'event', EVENTS, cursor, (event) => {
        if (wanted !== undefined && !wanted.some((name) => typeMatches(name, event.type))) return false;
        return delivered === undefined || delivered === (pending(store, event) === 0);
      });
      return { ...found, data: found.data.map((event) => withPending(store, event)) };
    },
  }),
  route('GET', `${EVENTS}/:id`, {
    takes: nothing,
    gives: one('event'),
    run({ store }, _params, { id }) {
      const event = store.tables.events.get(id);
      if (event === undefined) throw missing('event', id);
      return withPending(store, event);
    },
  }),
];

const ENDPOINTS = '/v1/webhook_endpoints';
const endpointRoutes = [
  route('POST', ENDPOINTS, { takes: createEndpointParameters, gives: one('webhook_endpoint'), run: createEndpoint }),
  route('GET', ENDPOINTS, {
    takes: z.strictObject(paging),
    gives: many('webhook_endpoint'),
    run({ store }, params) {
      const found = page(store.tables.webhook_endpoints, 'webhook endpoint', ENDPOINTS, params);
      return { ...found, data: found.data.map(withoutSecret) };
    },
  }),
  route('GET', `${ENDPOINTS}/:id`, {
    takes: nothing,
    gives: one('webhook_endpoint'),
    run: (work, _params, { id }) => findEndpoint(work, id),
  }),
  route('POST', `${ENDPOINTS}/:id`, {
    takes: updateEndpointParameters,
    gives: one('webhook_endpoint'),
    run: (work, params, { id }) => updateEndpoint(work, id, params),
  }),
  route('DELETE', `${ENDPOINTS}/:id`, {
    takes: nothing,
    gives: one('webhook_endpoint'),
    run: (work, _params, { id }) => deleteEndpoint(work, id),
  }),
];

export const ROUTES: readonly Route[] = [
  ...intentRoutes,
  ...chargeRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...endpointRoutes,
];

function checkClientSecret({ publishable }: Asked, intent: Stripe.PaymentIntent, secret: string | undefined): void {
  if (secret === undefined) {
    if (publishable) throw invalid('Missing required param: client_secret.', 'parameter_missing', 'client_secret');
    return;
  }
  if (secret !== intent.client_secret) {
    throw invalid(
      'The client_secret provided does not match the client_secret associated with the PaymentIntent.',
      'payment_intent_invalid_parameter',
      'client_secret',
    );
  }
}

function ofCharge(charge: string | undefined): (row: Stripe.Refund | Stripe.Dispute) => boolean {
  return (row) => charge === undefined || row.charge === charge;
}

/** `charge.*` stands for every event about charges. */
function typeMatches(wanted: string, type: string): boolean {
  return wanted === '*' || wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1)));
}

function pending(store: Store, event: StoredEvent): number {
  return store.tables.deliveries.inGroup(event.id).length;
}

function withPending(store: Store, event: StoredEvent): StoredEvent {
  return { ...event, pending_webhooks: pending(store, event) };
}
