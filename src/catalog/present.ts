// How rows of the catalog become answers.
import type { z } from '@hono/zod-openapi';
import type { productDetail, productList } from './schemas.ts';
import type { findProduct, listProducts } from './store.ts';

type SummaryRow = Omit<Awaited<ReturnType<typeof listProducts>>[number], 'sortValue'>;
type ProductRow = NonNullable<Awaited<ReturnType<typeof findProduct>>>;
type Summary = z.infer<typeof productList>['items'][number];

/** A product as lists show it. @param publicUrl where the API is reached from outside, when that is configured */
export function presentSummary(row: SummaryRow, publicUrl: string | undefined): Summary {
  const { id, slug, title, brand, categoryId, price, currency, rating, ratingCount, inStock } = row;
  const { coverId, coverKey, coverAlt, coverWidth, coverHeight } = row;
  const hasCover =
    coverId !== null && coverKey !== null && coverAlt !== null && coverWidth !== null && coverHeight !== null;
  const image = hasCover
    ? { id: coverId, url: mediaUrl(coverKey, publicUrl), alt: coverAlt, width: coverWidth, height: coverHeight }
    : null;
  return { id, slug, title, brand, categoryId, price, currency, rating, ratingCount, inStock, image };
}

/** A product as its own page shows it. */
export function presentProduct(row: ProductRow, publicUrl: string | undefined): z.infer<typeof productDetail> {
  const { description, variants, faqs } = row;
  const images = row.images.map(({ key, ...image }) => ({ ...image, url: mediaUrl(key, publicUrl) }));
  return { ...presentSummary(row, publicUrl), description, variants, images, faqs };
}

function mediaUrl(key: string, publicUrl: string | undefined): string {
  const path = `/media/${key.split('/').map(encodeURIComponent).join('/')}`;
  return publicUrl === undefined ? path : new URL(path, publicUrl).href;
}
