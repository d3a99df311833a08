// The generated table types, made narrower where a CHECK or a JSON column says more than its SQL type does.
import type { Role, Scope, StaffRole } from '../accounts/rules.ts';
import type { HoldStatus } from '../inventory/rules.ts';
import type { MailFact } from '../notifications/rules.ts';
import type { Address, OrderStatus, PaymentMethod, PaymentStatus, Refusal } from '../orders/rules.ts';
import type { EventOutcome, RefundStatus } from '../payments/rules.ts';
import type { CouponTerms } from '../pricing/rules.ts';
import type { DB, Generated } from './database-types.ts';

type Narrow<Table extends keyof DB, Columns extends Partial<Record<keyof DB[Table], unknown>>> = Omit<
  DB[Table],
  keyof Columns
> &
  Columns;

interface Narrowed {
  apiKeys: Narrow<'apiKeys', { role: StaffRole; scopes: Scope[] }>;
  auditEntries: Narrow<'auditEntries', { details: Generated<Record<string, unknown>> }>;
  carts: Narrow<'carts', { status: Generated<'open' | 'checkout' | 'ordered'> }>;
  checkouts: Narrow<'checkouts', { paymentMethod: PaymentMethod; shippingAddress: Address; refusal: Refusal | null }>;
  coupons: Narrow<'coupons', { kind: CouponTerms['kind'] }>;
  couponRedemptions: Narrow<'couponRedemptions', { status: Generated<HoldStatus> }>;
  holds: Narrow<'holds', { status: Generated<HoldStatus> }>;
  mails: Narrow<'mails', { fact: MailFact }>;
  orderEvents: Narrow<'orderEvents', { fromStatus: OrderStatus | null; toStatus: OrderStatus }>;
  orders: Narrow<
    'orders',
    { status: OrderStatus; paymentStatus: PaymentStatus; paymentMethod: PaymentMethod; shippingAddress: Address }
  >;
  refunds: Narrow<'refunds', { status: Generated<RefundStatus> }>;
  stripeEvents: Narrow<'stripeEvents', { outcome: EventOutcome | null }>;
  users: Narrow<'users', { role: Generated<Role> }>;
  variants: Narrow<'variants', { options: Generated<Record<string, string>> }>;
}

export type Schema = Omit<DB, keyof Narrowed> & Narrowed;
