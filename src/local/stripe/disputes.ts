// Disputes: a customer takes their payment back through their bank; the shop fights it or gives in.
import type { Stripe } from 'stripe';
import { invalid, missing } from './errors.ts';
import { newId } from './ids.ts';
import type { Work } from './work.ts';

/** A shop has about three weeks to answer a dispute. */
const ANSWER_SECONDS = 21 * 86_400;

/** The customer disputes the whole of a charge: the dispute exists, the charge says so, and both are told. */
export function openDispute(work: Work, charge: Stripe.Charge): void {
  const dispute = newDispute(charge, work.now);
  work.store.put('disputes', dispute);
  work.store.put('charges', { ...charge, disputed: true });
  work.emit('charge.dispute.created', dispute);
}

export function findDispute(work: Work, id: string): Stripe.Dispute {
  const dispute = work.store.tables.disputes.get(id);
  if (dispute === undefined) throw missing('dispute', id);
  return dispute;
}

/** Gives in: the dispute is lost, for good. https://docs.stripe.com/api/disputes/close */
export function closeDispute(work: Work, id: string): Stripe.Dispute {
  const dispute = findDispute(work, id);
  if (dispute.status !== 'needs_response') throw invalid('This dispute is already closed');
  const closed: Stripe.Dispute = { ...dispute, status: 'lost' };
  work.store.put('disputes', closed);
  work.emit('charge.dispute.closed', closed, { status: dispute.status });
  return closed;
}

/** https://docs.stripe.com/api/disputes/object */
function newDispute(charge: Stripe.Charge, created: number): Stripe.Dispute {
  const brand = charge.payment_method_details?.card?.brand ?? 'visa';
  return {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: created + ANSWER_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: { brand, case_type: 'chargeback', network: brand, network_reason_code: '10.4' },
    },
    reason: 'fraudulent',
    status: 'needs_response',
  };
}

const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
