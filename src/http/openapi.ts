// What routes say about themselves in the OpenAPI document: bodies, answers with an example, problems, who may call.
import { z } from '@hono/zod-openapi';
import type { Scope } from '../accounts/rules.ts';
import { PROBLEMS, type ProblemCode, type ProblemStatus, problemBody } from './problem.ts';

/** Who may call a route, as an OpenAPI security requirement. `{}` in a list means: or nobody in particular. */
export const SECURITY = {
  /** Anyone. */
  public: [],
  /** A guest with a cart token or a customer. */
  guest: [{ cartToken: [] }, { cartCookie: [] }, { bearer: [] }, { session: [] }],
  /** A person who has logged in. */
  person: [{ bearer: [] }, { session: [] }],
  /** Stripe, by the signature over the raw body. */
  stripe: [{ stripeSignature: [] }],
} satisfies Record<string, Record<string, string[]>[]>;

/** One of the staff, or a machine whose key has the scope. */
export function staffSecurity(scope: Scope): Record<string, string[]>[] {
  return [...SECURITY.person, { apiKey: [scope] }];
}

/** A guest with an order's access token, the customer whose order it is, or an admin as above. */
export function orderSecurity(scope: Scope): Record<string, string[]>[] {
  return [{ orderToken: [] }, ...staffSecurity(scope)];
}

export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An access token' },
  session: { type: 'apiKey', in: 'cookie', name: 'session' },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'A key of a machine, which must have the scope that the route names',
  },
  cartToken: { type: 'apiKey', in: 'header', name: 'X-Cart-Token' },
  cartCookie: { type: 'apiKey', in: 'cookie', name: 'cart_token' },
  orderToken: { type: 'apiKey', in: 'header', name: 'X-Order-Token' },
  stripeSignature: { type: 'apiKey', in: 'header', name: 'Stripe-Signature' },
} as const;

/** A JSON body that must be there. Give it a `z.strictObject`. An empty body is judged as `{}`, so its missing fields are named. */
export function jsonBody<T extends z.ZodType>(schema: T, example: z.input<T>) {
  return { required: true, content: { 'application/json': { schema, example } } };
}

/** For writes without a stated body: `{}` or nothing. */
export const emptyBody = {
  required: false,
  content: { 'application/json': { schema: z.strictObject({}), example: {} } },
};

/** The header of writes that may be repeated; `.required()` where they must carry it. */
export const idempotencyHeader = z.object({
  'idempotency-key': z.string().optional().openapi({
    description:
      'Any unique value: a repeat under it gets the same answer, a refusal too. Send a corrected body under a new one',
    example: 'b7f6c1de-retry-me',
  }),
});

/** The same for writes that may be bound to the version that their client has seen. */
export const editHeaders = idempotencyHeader.extend({
  'if-match': z.string().optional().openapi({ description: 'The ETag that was seen: refused when it is past' }),
});

/** A JSON answer with an example. */
export function jsonAnswer<T extends z.ZodType>(description: string, schema: T, example: z.input<T>) {
  return { description, content: { 'application/json': { schema, example } } };
}

/** The body of every refusal; in the document it stands once, under this name. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');
const problemReference = { $ref: '#/components/schemas/Problem' };

type ProblemAnswer<S> = {
  description: string;
  content: { 'application/problem+json': { schema: S; examples: Record<string, { value: unknown }> } };
};

/**
 * The problems of a route, for its `responses`: `...problemResponses('not_found', 'out_of_stock')`.
 * Those that the floor gives (400, 413, 415, 422 `validation_failed`, 429, 500, 503, and 401 and 403 where a credential may
 * stand) are added to the document by themselves.
 */
export function problemResponses<C extends ProblemCode>(
  ...codes: C[]
): { [S in ProblemStatus<C>]: ProblemAnswer<typeof problemSchema> };
export function problemResponses(...codes: ProblemCode[]): Record<number, ProblemAnswer<typeof problemSchema>> {
  return Object.fromEntries(problemAnswers(codes, problemSchema));
}

/** The same for a document that is already made. */
export function documentedProblems(...codes: ProblemCode[]): Map<number, ProblemAnswer<{ $ref: string }>> {
  return new Map(problemAnswers(codes, problemReference));
}

function problemAnswers<S>(codes: ProblemCode[], schema: S): [number, ProblemAnswer<S>][] {
  return [...Map.groupBy(codes, (code) => PROBLEMS[code].status)].map(([status, sharing]) => [
    status,
    {
      description: sharing.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
      content: {
        'application/problem+json': {
          schema,
          examples: Object.fromEntries(sharing.map((code) => [code, { value: problemBody(code, EXAMPLES[code]) }])),
        },
      },
    },
  ]);
}

const VARIANT_ID = '01960000-0000-7000-8000-000000000001';

/** The members that a code carries beyond the standard ones, as its example shows them. */
const EXAMPLES: Partial<Record<ProblemCode, Record<string, unknown>>> = {
  validation_failed: { errors: [{ path: 'quantity', message: 'must be at least 1' }] },
  out_of_stock: { items: [{ variantId: VARIANT_ID, sku: 'LAST-ONE', requested: 1, available: 0 }] },
  invalid_transition: { orderStatus: 'SHIPPED' },
  precondition_failed: { version: 3 },
  cart_changed: { total: 4998 },
  coupon_invalid: { reason: 'expired' },
};
