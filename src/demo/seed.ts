// `seed`: the demo shop. Idempotent: what is there stays as it is, also when two processes seed at once.
import { asOwner, type Config, requireSettings } from '../config.ts';
import { systemClock } from '../platform/clock.ts';
import { type Database, openDatabase } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logger.ts';
import { hashPassword } from '../platform/passwords.ts';
import { DEMO_CURRENCY, type DemoProduct, demoCategories, demoCoupons, demoProducts } from './catalog.ts';

/** The three accounts of the demo shop. They exist only where their passwords are configured. */
const ACCOUNTS = [
  { role: 'admin', email: 'admin@perdure.test', name: 'Ada Admin', setting: 'SEED_ADMIN_PASSWORD' },
  { role: 'inventory', email: 'inventory@perdure.test', name: 'Ivo Inventory', setting: 'SEED_INVENTORY_PASSWORD' },
  { role: 'customer', email: 'customer@perdure.test', name: 'Cleo Customer', setting: 'SEED_CUSTOMER_PASSWORD' },
] as const;

/** @param ifEmpty leaves a shop that has any product alone */
export async function seed(config: Config, { ifEmpty = false } = {}): Promise<void> {
  const settings = requireSettings(config, 'DATABASE_URL');
  const logger = createLogger('seed', config.LOG_LEVEL);
  const db = openDatabase(asOwner(settings), logger);
  try {
    if (ifEmpty && (await db.selectFrom('products').select('id').limit(1).executeTakeFirst()) !== undefined) {
      logger.info('the shop has products already, nothing to seed');
      return;
    }
    await db.transaction().execute(async (tx) => {
      await seedCategories(tx);
      for (const product of demoProducts) await seedProduct(tx, product);
      await seedCoupons(tx);
      for (const account of ACCOUNTS) await seedAccount(tx, account, config[account.setting]);
    });
    logger.info({ products: demoProducts.length, coupons: demoCoupons.length }, 'seeded');
  } finally {
    await db.destroy();
  }
}

async function seedCategories(tx: Database): Promise<void> {
  for (const [position, { slug, name, parentSlug }] of demoCategories.entries()) {
    const parentId = parentSlug === null ? null : await categoryId(tx, parentSlug);
    await tx
      .insertInto('categories')
      .values({ id: freshId(), slug, name, parentId, position })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .execute();
  }
}

async function categoryId(tx: Database, slug: string): Promise<string> {
  return (await tx.selectFrom('categories').select('id').where('slug', '=', slug).executeTakeFirstOrThrow()).id;
}

async function seedProduct(tx: Database, product: DemoProduct): Promise<void> {
  const { slug, title, brand, description, categorySlug } = product;
  const inserted = await tx
    .insertInto('products')
    .values({
      id: freshId(),
      slug,
      title,
      brand,
      description,
      currency: DEMO_CURRENCY,
      categoryId: await categoryId(tx, categorySlug),
    })
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return;
  await seedVariants(tx, inserted.id, product);
  await seedPictures(tx, inserted.id, product);
  if (product.faqs.length === 0) return;
  const faqs = product.faqs.map((faq, position) => ({ ...faq, id: freshId(), productId: inserted.id, position }));
  await tx.insertInto('productFaqs').values(faqs).execute();
}

async function seedVariants(tx: Database, productId: string, { variants }: DemoProduct): Promise<void> {
  for (const [position, { onHand, lowStockThreshold, ...variant }] of variants.entries()) {
    const id = freshId();
    await tx
      .insertInto('variants')
      .values({ ...variant, id, productId, position })
      .execute();
    await tx.insertInto('inventory').values({ variantId: id, onHand, lowStockThreshold }).execute();
    if (onHand === 0) continue;
    await tx
      .insertInto('stockMovements')
      .values({ variantId: id, kind: 'received', quantity: onHand, reason: 'demo shop', createdAt: systemClock() })
      .execute();
  }
}

async function seedPictures(tx: Database, productId: string, { slug, images }: DemoProduct): Promise<void> {
  for (const [position, { svg, alt, width, height }] of images.entries()) {
    const mediaKey = `demo/${slug}-${position + 1}.svg`;
    await tx
      .insertInto('media')
      .values({ key: mediaKey, contentType: 'image/svg+xml', bytes: Buffer.from(svg) })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    await tx
      .insertInto('productImages')
      .values({ id: freshId(), productId, mediaKey, alt, width, height, position })
      .execute();
  }
}

async function seedCoupons(tx: Database): Promise<void> {
  for (const coupon of demoCoupons) {
    await tx
      .insertInto('coupons')
      .values({ ...coupon, id: freshId() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function seedAccount(
  tx: Database,
  account: (typeof ACCOUNTS)[number],
  password: string | undefined,
): Promise<void> {
  if (password === undefined) return;
  const id = freshId();
  const inserted = await tx
    .insertInto('users')
    .values({ id, email: account.email, name: account.name, role: account.role, emailVerified: true })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return;
  await tx
    .insertInto('accounts')
    .values({
      id: freshId(),
      userId: id,
      providerId: 'credential',
      accountId: id,
      password: await hashPassword(password),
    })
    .execute();
}

function freshId(): string {
  return newId(systemClock());
}
