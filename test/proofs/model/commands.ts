// What a shopper, their bank, the shop's staff and Stripe may do, in any order and whether it makes sense or not.
import fc from 'fast-check';
import type { PaymentMethod } from '../../../src/orders/rules.ts';

/** Which of the shopper's orders is meant. */
export type Which = 'newest' | 'oldest';
/** What the bank says: at once, or on a page of its own that the shopper is sent to first. */
export type Card = 'accepted' | 'declined' | 'accepted after asking' | 'declined after asking';

export type Command =
  | { act: 'add' | 'set'; units: number }
  | { act: 'remove' | 'coupon' | 'drop coupon' | 'submit again' }
  /** `runsOut`: where it makes an order, nothing more is done until the order's window has ended. */
  | { act: 'order'; method: PaymentMethod; runsOut: boolean }
  | { act: 'pay'; card: Card; of: Which }
  | { act: 'cancel'; by: 'customer' | 'admin'; of: Which }
  | { act: 'confirm' | 'reject' | 'ask for the intent' | 'retry' | 'cancel at Stripe' | 'webhook twice'; of: Which };

/** Those that are done to an order. */
export type OrderCommand = Extract<Command, { of: Which }>;

/** One shopper's whole story. The coupon is good from `minimum` on; both amounts in minor units. */
export interface Sequence {
  price: number;
  minimum: number;
  commands: Command[];
}

/** On hand of the one variant that the shopper may buy. */
export const ON_HAND = 5;

const units = fc.integer({ min: 1, max: 3 });
const of = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Which>('newest') },
  { weight: 1, arbitrary: fc.constant<Which>('oldest') },
);
const add = fc.record({ act: fc.constant('add' as const), units });

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: add },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('set' as const), units: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 1, arbitrary: fc.constant<Command>({ act: 'remove' }) },
  { weight: 3, arbitrary: fc.constant<Command>({ act: 'coupon' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ act: 'drop coupon' }) },
  { weight: 2, arbitrary: fc.constant<Command>({ act: 'submit again' }) },
  {
    weight: 12,
    arbitrary: fc.record({
      act: fc.constant('order' as const),
      method: fc.constantFrom<PaymentMethod>('card', 'card', 'cod'),
      runsOut: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      act: fc.constant('pay' as const),
      card: fc.constantFrom<Card>('accepted', 'accepted', 'declined', 'accepted after asking', 'declined after asking'),
      of,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('cancel' as const), by: fc.constantFrom('customer', 'admin'), of }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('confirm' as const), of }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom(
        'reject',
        'ask for the intent',
        'retry',
        'cancel at Stripe',
        'webhook twice',
        'webhook twice',
      ),
      of,
    }),
  },
);

/** Most begin with something to order, so that orders come about; some with anything. */
const beginning: fc.Arbitrary<Command[]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(add, fc.constant<Command>({ act: 'coupon' })) },
  { weight: 3, arbitrary: fc.tuple(add) },
  { weight: 1, arbitrary: fc.tuple(anyCommand) },
);

export const sequence: fc.Arbitrary<Sequence> = fc.record({
  price: fc.constantFrom(1_250, 1_250, 1_250, 1_250, 1_250, 0),
  minimum: fc.constantFrom(0, 0, 2_500),
  commands: fc
    .tuple(beginning, fc.array(anyCommand, { minLength: 8, maxLength: 16, size: 'max' }))
    .map(([first, others]) => [...first, ...others]),
});

/** A command as one reads it. */
export function sentence(command: Command): string {
  const words = Object.entries(command).map(([name, value]) => (name === 'act' ? String(value) : `${name}: ${value}`));
  return words.join(', ');
}
