// Every workflow that a worker of the `orders` queue runs.
export { checkout } from './checkout.ts';
export { fulfillment } from './fulfillment.ts';
export { latePayment } from './late-payment.ts';
export { mailer } from './mailer.ts';
export { refund } from './refund.ts';
export { reservationExpiry } from './reservation-expiry.ts';
