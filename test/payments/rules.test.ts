// What an order's payment is after money went back.
import { expect, test } from '@jest/globals';
import type { OrderStatus, PaymentStatus } from '../../src/orders/rules.ts';
import { paymentStatusAfterRefund } from '../../src/payments/rules.ts';

test.each<[string, OrderStatus, PaymentStatus, number, number, PaymentStatus]>([
  ['all of a cancelled order', 'CANCELLED', 'PAID', 1_000, 1_000, 'REFUNDED'],
  ['a part of a delivered order', 'DELIVERED', 'PAID', 1_000, 1, 'PARTIALLY_REFUNDED'],
  ['the last part', 'DELIVERED', 'PARTIALLY_REFUNDED', 1_000, 1_000, 'REFUNDED'],
  ['all that came after the end', 'EXPIRED', 'NONE', 1_000, 1_000, 'REFUNDED'],
  ['the first of two payments after the end', 'EXPIRED', 'NONE', 2_000, 1_000, 'NONE'],
  ['the second payment of a paid order', 'PAID', 'PAID', 2_000, 1_000, 'PAID'],
  ['both payments of a cancelled order', 'CANCELLED', 'PAID', 2_000, 2_000, 'REFUNDED'],
  ['a stray payment of an order that waits', 'PENDING', 'FAILED', 1_000, 1_000, 'FAILED'],
  ['a stray payment of an order that waits for a person', 'AWAITING_CONFIRMATION', 'NONE', 1_000, 1_000, 'NONE'],
  ['a stray payment of an order that is paid in cash', 'CONFIRMED', 'COD_DUE', 1_000, 1_000, 'COD_DUE'],
  ['a refund that failed in the end', 'CANCELLED', 'REFUNDED', 1_000, 0, 'PAID'],
])('after a refund of %s (%s, %s)', (_what, status, paymentStatus, captured, refunded, after) => {
  expect(paymentStatusAfterRefund({ status, paymentStatus, total: 1_000, captured, refunded })).toBe(after);
});
