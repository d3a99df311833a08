// Every workflow that a worker of the `orders` queue runs.
export { checkout } from './checkout.ts';
export { mailer } from './mailer.ts';
export { reservationExpiry } from './reservation-expiry.ts';
