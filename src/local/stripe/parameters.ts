// Form parameters as Stripe takes them: small zod types whose issues carry Stripe's own error code and words,
// and one function that turns the first issue into Stripe's error.
import { z } from 'zod';
import { invalid, type Refusal } from './errors.ts';

/** Limits of metadata: https://docs.stripe.com/api/metadata */
const METADATA_KEYS = 50;
const METADATA_KEY_LENGTH = 40;
const METADATA_VALUE_LENGTH = 500;
const TEXT_LENGTH = 5_000;
const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;

/** Adds an issue that becomes exactly this error. */
function refuse(ctx: z.RefinementCtx, message: string, code?: string): never {
  ctx.addIssue({ code: 'custom', message, params: { stripe: code ?? '' } });
  return z.NEVER;
}

export const text = z
  .string()
  .max(TEXT_LENGTH)
  .superRefine((value, ctx) => {
    if (value !== '') return;
    refuse(
      ctx,
      'You passed an empty string. We assume empty values are an attempt to unset a field; however this field cannot be unset. You should remove it from your request or supply a non-empty value.',
      'parameter_invalid_empty',
    );
  });

/** Text that an empty string takes away. */
export const unsettable = z
  .string()
  .max(TEXT_LENGTH)
  .transform((value) => (value === '' ? null : value));

const integer = z.string().transform((value, ctx) => {
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  return refuse(ctx, `Invalid integer: ${value}`, 'parameter_invalid_integer');
});

export const positive = integer.transform((value, ctx) => {
  if (value >= 1) return value;
  return refuse(ctx, 'This value must be greater than or equal to 1.', 'parameter_invalid_integer');
});

export const boolean = z.string().transform((value, ctx) => {
  if (value === 'true' || value === 'false') return value === 'true';
  return refuse(ctx, `Invalid boolean: ${value}`);
});

export function oneOf<const V extends string>(...values: V[]) {
  return z.string().transform((value, ctx) => {
    const found = values.find((known) => known === value);
    return found ?? refuse(ctx, `must be one of ${values.join(', ')}`);
  });
}

/** `name[]=a`, `name[0]=a` and `name=a` are one and the same list. */
export const list = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? Object.values(value).flat() : value === '' ? [] : [value]),
  z.array(text).max(100),
);

/** New values for some keys; an empty one takes its key away, an empty string in place of all takes them all. */
export const metadata = z.union([z.literal(''), z.record(z.string(), z.string())]).superRefine((value, ctx) => {
  if (value === '') return;
  const entries = Object.entries(value);
  if (entries.length > METADATA_KEYS) {
    refuse(ctx, `You can have up to ${METADATA_KEYS} metadata keys, but you passed in ${entries.length}.`);
  }
  for (const [key, entry] of entries) {
    if (key.length > METADATA_KEY_LENGTH) {
      refuse(ctx, `Metadata keys can have up to ${METADATA_KEY_LENGTH} characters, but '${key}' has ${key.length}.`);
    }
    if (entry.length > METADATA_VALUE_LENGTH) {
      refuse(
        ctx,
        `Metadata values can have up to ${METADATA_VALUE_LENGTH} characters, but you passed in a value that is ${entry.length} characters.`,
      );
    }
  }
});

type MetadataPatch = z.output<typeof metadata> | undefined;

/** https://docs.stripe.com/api/metadata: keys that are not named stay as they are. */
export function mergeMetadata(current: Record<string, string>, patch: MetadataPatch): Record<string, string> {
  if (patch === undefined) return current;
  if (patch === '') return {};
  return Object.fromEntries(Object.entries({ ...current, ...patch }).filter(([, value]) => value !== ''));
}

const address = z.strictObject({
  city: text.optional(),
  country: text.optional(),
  line1: unsettable.optional(),
  line2: unsettable.optional(),
  postal_code: text.optional(),
  state: text.optional(),
});

export const shipping = z.strictObject({
  address,
  name: text,
  carrier: text.optional(),
  phone: text.optional(),
  tracking_number: text.optional(),
});

const range = z.strictObject({ gt: integer, gte: integer, lt: integer, lte: integer }).partial();

export const expand = { expand: list.optional() };

/** The parameters of every list. https://docs.stripe.com/api/pagination */
export const paging = {
  ...expand,
  limit: integer
    .transform((value, ctx) =>
      value >= 1 && value <= LARGEST_PAGE
        ? value
        : refuse(ctx, `This value must be between 1 and ${LARGEST_PAGE}.`, 'parameter_invalid_integer'),
    )
    .default(DEFAULT_PAGE),
  starting_after: text.optional(),
  ending_before: text.optional(),
  created: z.union([integer.transform((at) => ({ gte: at, lte: at })), range]).optional(),
};

/**
 * Checks parameters, strictly: what we do not know is refused rather than ignored.
 * @throws {Refusal} Stripe's error for the first thing that is wrong
 */
export function parseParameters<S extends z.ZodType>(schema: S, raw: Record<string, unknown>): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw refusalOf(result.error.issues, raw);
}

function refusalOf(issues: z.core.$ZodIssue[], raw: unknown): Refusal {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  const issue = unknown ?? issues[0];
  if (issue === undefined) return invalid('Invalid request');
  if (issue.code === 'unrecognized_keys') {
    const name = nameOf([...issue.path, issue.keys[0] ?? '']);
    return invalid(`Received unknown parameter: ${name}`, 'parameter_unknown', name);
  }
  const name = nameOf(issue.path);
  if (valueAt(raw, issue.path) === undefined) {
    return invalid(`Missing required param: ${name}.`, 'parameter_missing', name);
  }
  if (issue.code === 'custom') {
    const code: unknown = issue.params?.stripe;
    const words = code === '' || code === undefined ? `Invalid ${name}: ${issue.message}` : issue.message;
    return invalid(words, typeof code === 'string' && code !== '' ? code : undefined, name);
  }
  return invalid(`Invalid ${name}: ${issue.message}`, undefined, name);
}

function nameOf(path: PropertyKey[]): string {
  const [head, ...rest] = path.map(String);
  return `${head ?? ''}${rest.map((part) => `[${part}]`).join('')}`;
}

function valueAt(raw: unknown, path: PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return value;
}
