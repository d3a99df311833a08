// Stripe's test payment methods, as a table: what each one does when it is charged and when it is refunded.
// Names and effects are Stripe's own: https://docs.stripe.com/testing

export interface Decline {
  code: string;
  declineCode: string;
  message: string;
}

export interface TestMethod {
  type: 'card' | 'us_bank_account';
  brand: string;
  last4: string;
  /** Refused with this, when it is charged. */
  decline?: Decline;
  /** The bank wants to see its customer first: `requires_action` (3-D Secure). */
  authenticates?: true;
  /** The customer disputes the payment as soon as it has succeeded. */
  disputes?: true;
  /** How a refund to it goes on after it was created (a normal one succeeds at once). */
  refunds?: 'succeed_later' | 'fail_later';
  /** How a payment that takes days goes on after `processing`; `wait` goes on only by the simulator's `settle` control. */
  settles?: 'succeed_later' | 'fail_later' | 'wait';
}

const declined = (declineCode: string, message = 'Your card was declined.', code = 'card_declined'): Decline => ({
  code,
  declineCode,
  message,
});
const INSUFFICIENT_FUNDS = declined('insufficient_funds', 'Your card has insufficient funds.');

const visa = (last4: string, effects: Partial<TestMethod> = {}): TestMethod => ({
  type: 'card',
  brand: 'visa',
  last4,
  ...effects,
});
const bank = (last4: string, effects: Partial<TestMethod>): TestMethod => ({
  type: 'us_bank_account',
  brand: 'STRIPE TEST BANK',
  last4,
  ...effects,
});

const TEST_METHODS = new Map<string, TestMethod>(
  Object.entries({
    pm_card_visa: visa('4242'),
    pm_card_visa_debit: visa('5556'),
    pm_card_mastercard: { type: 'card', brand: 'mastercard', last4: '4444' },
    pm_card_amex: { type: 'card', brand: 'amex', last4: '0005' },

    pm_card_visa_chargeDeclined: visa('0002', { decline: declined('generic_decline') }),
    pm_card_chargeDeclined: visa('0002', { decline: declined('generic_decline') }),
    pm_card_visa_chargeDeclinedInsufficientFunds: visa('9995', { decline: INSUFFICIENT_FUNDS }),
    pm_card_chargeDeclinedInsufficientFunds: visa('9995', { decline: INSUFFICIENT_FUNDS }),
    pm_card_visa_chargeDeclinedLostCard: visa('9987', { decline: declined('lost_card') }),
    pm_card_visa_chargeDeclinedStolenCard: visa('9979', { decline: declined('stolen_card') }),
    pm_card_chargeDeclinedExpiredCard: visa('0069', {
      decline: declined('expired_card', 'Your card has expired.', 'expired_card'),
    }),
    pm_card_chargeDeclinedIncorrectCvc: visa('0127', {
      decline: declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
    }),
    pm_card_chargeDeclinedProcessingError: visa('0119', {
      decline: declined(
        'processing_error',
        'An error occurred while processing your card. Try again in a little bit.',
        'processing_error',
      ),
    }),

    pm_card_authenticationRequired: visa('3184', { authenticates: true }),
    pm_card_threeDSecure2Required: visa('3220', { authenticates: true }),
    pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: visa('8341', {
      authenticates: true,
      decline: INSUFFICIENT_FUNDS,
    }),

    pm_card_createDispute: visa('0259', { disputes: true }),
    pm_card_pendingRefund: visa('7726', { refunds: 'succeed_later' }),
    pm_card_refundFail: visa('5126', { refunds: 'fail_later' }),

    pm_usBankAccount_success: bank('6789', { settles: 'succeed_later' }),
    pm_usBankAccount_insufficientFunds: bank('2227', { settles: 'fail_later' }),
    pm_usBankAccount_processing: bank('2227', { settles: 'wait' }),
  }),
);

/** Why a bank debit that was `processing` is refused in the end. */
export const BANK_REFUSAL: Decline = {
  code: 'payment_method_not_available',
  declineCode: 'insufficient_funds',
  message: 'The customer has insufficient funds in their account.',
};

/** The test payment method of that name, if Stripe has one that we play. */
export function testMethod(name: string): TestMethod | undefined {
  return TEST_METHODS.get(name);
}
