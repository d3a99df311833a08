// The small schemas that every area builds its own from: text without control characters, ids, money, pages.
// Objects that come in are strict (`z.strictObject`): an unknown field or query value is refused, never ignored.
import { z } from '@hono/zod-openapi';
import { hasCardNumber, isCardNumber, maskCardNumbers } from './card-numbers.ts';

/** Characters that no text of ours may hold: C0 and C1 controls, NUL among them. */
const CONTROL = /\p{Cc}/u;
/** The same without tab, line feed and carriage return. */
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\t\n\r]/u;
const NO_CARDS = 'must not contain a card number';
const holdsNoCard = (value: string) => !hasCardNumber(value);
const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;
/** A cursor of ours is far shorter; the limit keeps nonsense out of the decoder. */
const MAX_CURSOR = 1_000;
/** Amounts beyond this are a mistake: a trillion minor units. */
export const MAX_MONEY = 1_000_000_000_000;

/**
 * Text that a person typed: trimmed, not empty, free of control characters and of broken UTF-16, and of card numbers.
 * @param max the longest length in UTF-16 units
 * @param min the shortest, 1 unless told
 * @param multiline lets tabs and line ends through
 * @param cards `mask` for free text, where a card number is made unreadable; elsewhere it is refused, or judged by who calls
 */
export function text({
  max,
  min = 1,
  multiline = false,
  cards = 'refuse',
}: {
  max: number;
  min?: number;
  multiline?: boolean;
  cards?: 'refuse' | 'mask' | 'keep';
}) {
  const forbidden = multiline ? CONTROL_EXCEPT_LINES : CONTROL;
  const plain = z
    .string()
    .trim()
    .min(min)
    // What is too long is not looked at any further.
    .max(max, { abort: true })
    .refine((value) => !forbidden.test(value), 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
  if (cards === 'keep') return plain;
  return cards === 'mask' ? plain.overwrite(maskCardNumbers) : plain.refine(holdsNoCard, NO_CARDS);
}

const LINK = /:\/\/|\bwww\./iu;
/** What somebody is called. Mails greet with it, and must not carry a stranger's link to whoever reads them. */
export function personName({ max }: { max: number }) {
  return text({ max }).refine((name) => !LINK.test(name), 'must not contain a link');
}

export const MAX_EMAIL = 254;
/** The top-level domain that names nothing (RFC 2606, section 2; RFC 6761, section 6.4): whoever has gone is named in it. */
const NAMES_NOTHING = /\.invalid$/i;
/** A mail address, as long as RFC 5321 lets it be. Digits within it are no card: addresses made by machines hold ids. */
export const emailAddress = z
  .email()
  .max(MAX_EMAIL, { abort: true })
  .refine((address) => !isCardNumber(address.slice(0, address.lastIndexOf('@'))), NO_CARDS)
  .refine((address) => !NAMES_NOTHING.test(address), 'must be an address that can exist');

const MAX_PHONE = 40;
/** `+` and up to 15 digits (ITU-T E.164): with its country's code a phone number is as long as a card's, and may pass its check. */
const INTERNATIONAL = /^\+(?:\D*\d){1,15}\D*$/;
/** A phone number as a person writes it. */
export const phoneNumber = text({ max: MAX_PHONE, cards: 'keep' }).refine(
  (number) => INTERNATIONAL.test(number) || holdsNoCard(number),
  NO_CARDS,
);

export const uuid = z.uuid().toLowerCase().openapi({ example: '01960000-0000-7000-8000-000000000001' });

/** An amount in integer minor units of the currency beside it. */
export const money = z.int().min(0).max(MAX_MONEY).openapi({ example: 4998 });

/** An ISO 4217 code in lower case. */
export const currency = z
  .string()
  .regex(/^[a-z]{3}$/, 'must be a lower-case ISO 4217 code')
  .openapi({ example: 'usd' });

/** A point in time as it goes out: ISO 8601, UTC. */
export const timestamp = z.iso.datetime().openapi({ example: '2026-11-20T12:00:00.000Z' });

/** A whole number in a query: digits only, so that `1e3`, `0x10` and an empty value are refused. */
export function integerParam({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .openapi({ type: 'integer', minimum: min, maximum: max });
}

/** `true` or `false` in a query. */
export const booleanParam = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .openapi({ type: 'boolean' });

/** `?limit=&cursor=`; extend it with an area's filters. */
export const pageQuery = z.strictObject({
  limit: integerParam({ min: 1, max: MAX_PAGE })
    .default(DEFAULT_PAGE)
    .openapi({ type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE }),
  cursor: z.string().min(1).max(MAX_CURSOR).optional().openapi({ description: 'nextCursor of the page before' }),
});

/** A page of a list: its items, and the cursor of the next page or null at the end. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
