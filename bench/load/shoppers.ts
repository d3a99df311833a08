// The driver of the shop: shoppers who each buy one thing after the other.
import { createHttp } from '../http.ts';
import { drive } from './driver.ts';
import { type Errand, liveStory } from './story.ts';

/** What the shoppers of one run do. It travels to the driver's process as JSON. */
export interface ShoppersPlan extends Omit<Errand, 'api' | 'lines'> {
  shoppers: number;
  /** Shoppers are spread evenly over these. */
  apis: string[];
  /** What they choose from: each story takes `linesPerCart` different ones. */
  variants: string[];
  linesPerCart: number;
}

export async function shop(plan: ShoppersPlan): Promise<void> {
  const client = createHttp();
  let story = 0;
  await drive(plan.shoppers, (shopper, repeated) => {
    const api = plan.apis[shopper % plan.apis.length] ?? '';
    const from = story;
    story += plan.linesPerCart;
    const lines = Array.from({ length: plan.linesPerCart }, (_, line) => {
      return plan.variants[(from + line) % plan.variants.length] ?? '';
    });
    return liveStory(client.http, { ...plan, api, lines }, repeated);
  });
  client.close();
}
