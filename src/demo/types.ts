// What the demo shop consists of, as plain data for the seed, and the small words its product lists are written in.
import { drawDetail, drawWhole, type Motif } from './pictures.ts';

export interface DemoCategory {
  slug: string;
  name: string;
  parentSlug: string | null;
}

export interface DemoVariant {
  sku: string;
  title: string;
  /** `size` is S, M, L, XL or XXL where it is there. */
  options: Record<string, string>;
  /** Minor units of `DEMO_CURRENCY`. */
  price: number;
  onHand: number;
  lowStockThreshold: number;
}

interface DemoImage {
  alt: string;
  svg: string;
  width: number;
  height: number;
}

interface DemoFaq {
  question: string;
  answer: string;
}

export interface DemoProduct {
  slug: string;
  title: string;
  brand: string;
  categorySlug: string;
  description: string;
  variants: DemoVariant[];
  images: DemoImage[];
  faqs: DemoFaq[];
}

export interface DemoCoupon {
  code: string;
  kind: 'percentage' | 'fixed';
  /** Percent, or minor units of `currency`. */
  value: number;
  /** Null for a percentage. */
  currency: string | null;
  minimumSubtotal: number;
  freeShipping: boolean;
  /** ISO 8601 UTC, null for no limit; the same for `endsAt`. */
  startsAt: string | null;
  endsAt: string | null;
  totalLimit: number | null;
  perCustomerLimit: number | null;
}

/** At this number of available pieces staff are told to order more. */
const LOW_STOCK = 5;

interface ProductWords extends Omit<DemoProduct, 'images' | 'faqs'> {
  motif: Motif;
  faqs: [question: string, answer: string][];
}

/** A product with its pictures drawn. */
export function product({ motif, faqs, ...words }: ProductWords): DemoProduct {
  return {
    ...words,
    images: [
      { alt: words.title, ...drawWhole(words.slug, motif) },
      { alt: `${words.title}, seen from near`, ...drawDetail(words.slug, motif) },
    ],
    faqs: faqs.map(([question, answer]) => ({ question, answer })),
  };
}

/** One variant; its title is what its options say, or `Standard` where there is nothing to choose. */
export function variant(sku: string, price: number, onHand: number, options: Record<string, string> = {}): DemoVariant {
  const title = Object.values(options).join(', ') || 'Standard';
  return { sku, title, options, price, onHand, lowStockThreshold: LOW_STOCK };
}

/** The sizes S to XXL of one garment, at one price; `onHand` in that order. */
export function sizes(
  sku: string,
  price: number,
  onHand: [s: number, m: number, l: number, xl: number, xxl: number],
  options: Record<string, string> = {},
): DemoVariant[] {
  return ['S', 'M', 'L', 'XL', 'XXL'].map((size, index) =>
    variant(`${sku}-${size}`, price, onHand[index] ?? 0, { ...options, size }),
  );
}
