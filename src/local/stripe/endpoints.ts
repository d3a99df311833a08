// Webhook endpoints: where events are sent, and which. The secret is shown once, when the endpoint is made.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, missing } from './errors.ts';
import { newEndpoint } from './objects.ts';
import { boolean, expand, list, mergeMetadata, metadata, text, unsettable } from './parameters.ts';
import type { EndpointRow } from './store.ts';
import type { Work } from './work.ts';

const fields = { ...expand, description: unsettable.optional(), metadata: metadata.optional() };

export const createEndpointParameters = z.strictObject({
  ...fields,
  api_version: text.optional(),
  connect: boolean.optional(),
  enabled_events: list,
  url: text,
});

export const updateEndpointParameters = z.strictObject({
  ...fields,
  disabled: boolean.optional(),
  enabled_events: list.optional(),
  url: text.optional(),
});

/** The endpoint with its secret: the only answer that ever holds it. */
export function createEndpoint(work: Work, params: z.output<typeof createEndpointParameters>): EndpointRow {
  const endpoint = newEndpoint(
    {
      url: checkedUrl(params.url),
      enabled_events: params.enabled_events,
      description: params.description ?? null,
      metadata: mergeMetadata({}, params.metadata),
    },
    work.now,
  );
  work.store.put('webhook_endpoints', endpoint);
  return endpoint;
}

export function updateEndpoint(
  work: Work,
  id: string,
  params: z.output<typeof updateEndpointParameters>,
): Stripe.WebhookEndpoint {
  const endpoint = find(work, id);
  const updated: EndpointRow = {
    ...endpoint,
    description: params.description === undefined ? endpoint.description : params.description,
    enabled_events: params.enabled_events ?? endpoint.enabled_events,
    metadata: mergeMetadata(endpoint.metadata, params.metadata),
    status: statusAfter(params.disabled, endpoint.status),
    url: params.url === undefined ? endpoint.url : checkedUrl(params.url),
  };
  work.store.put('webhook_endpoints', updated);
  return withoutSecret(updated);
}

export function findEndpoint(work: Work, id: string): Stripe.WebhookEndpoint {
  return withoutSecret(find(work, id));
}

/** What was still to be delivered to it is given up by the delivery itself, which finds the endpoint gone. */
export function deleteEndpoint(work: Work, id: string): Stripe.DeletedWebhookEndpoint {
  find(work, id);
  work.store.remove('webhook_endpoints', id);
  return { id, object: 'webhook_endpoint', deleted: true };
}

export function withoutSecret(row: EndpointRow): Stripe.WebhookEndpoint {
  const { secret: _, ...endpoint } = row;
  return endpoint;
}

function find(work: Work, id: string): EndpointRow {
  const endpoint = work.store.tables.webhook_endpoints.get(id);
  if (endpoint === undefined) throw missing('webhook endpoint', id);
  return endpoint;
}

function statusAfter(disabled: boolean | undefined, before: string): string {
  if (disabled === undefined) return before;
  return disabled ? 'disabled' : 'enabled';
}

function checkedUrl(url: string): string {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === 'http:' || protocol === 'https:') return url;
  throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', 'url_invalid', 'url');
}
