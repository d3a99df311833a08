// Where the shoppers are, and whom they deal with.
import type { OrderBody } from '../../test/support/shopper.ts';
import type { Admin } from './admin.ts';
import type { Card } from './card.ts';
import type { Client } from './client.ts';
import type { Figures } from './figures.ts';
import type { Goods } from './goods.ts';
import type { UnderWay } from './under-way.ts';
import type { Witness } from './witness.ts';

export interface World {
  goods: Goods;
  client: Client;
  card: Card;
  admin: Admin;
  witness: Witness;
  figures: Figures;
  underWay: UnderWay;
  /** The payment's and the confirmation's, seconds. */
  window: number;
  /** The newest few orders: those of others are none of one's business. */
  newest: OrderBody[];
  stop: AbortSignal;
}
