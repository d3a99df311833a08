// The facts of an order that its customer gets a mail about, one mail per fact.
export type MailFact = 'placed' | 'paid' | 'confirmed' | 'expired' | 'cancelled' | 'refunded';
