// Categories, products, variants, their pictures and questions. Prices are integer minor units.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE categories (
      id uuid PRIMARY KEY,
      parent_id uuid REFERENCES categories (id),
      slug text NOT NULL UNIQUE,
      name text NOT NULL,
      position integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      CHECK (parent_id <> id)
    )`.execute(db);
  await sql`CREATE INDEX categories_parent_id_idx ON categories (parent_id)`.execute(db);

  // products.price is the lowest price of its active variants: a trigger keeps it, so that lists sort by an index.
  await sql`
    CREATE TABLE products (
      id uuid PRIMARY KEY,
      category_id uuid NOT NULL REFERENCES categories (id),
      slug text NOT NULL UNIQUE,
      title text NOT NULL,
      brand text NOT NULL,
      description text NOT NULL DEFAULT '',
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      price bigint CHECK (price >= 0),
      rating numeric(3, 2) NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
      rating_count integer NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
      search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', brand), 'B')
        || setweight(to_tsvector('english', description), 'C')
      ) STORED,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX products_category_id_idx ON products (category_id, id)`.execute(db);
  await sql`CREATE INDEX products_newest_idx ON products (created_at DESC, id DESC) WHERE status = 'active'`.execute(
    db,
  );
  await sql`CREATE INDEX products_price_idx ON products (price, id) WHERE status = 'active'`.execute(db);
  await sql`CREATE INDEX products_rating_idx ON products (rating DESC, id DESC) WHERE status = 'active'`.execute(db);
  await sql`CREATE INDEX products_brand_idx ON products (lower(brand), id)`.execute(db);
  await sql`CREATE INDEX products_search_idx ON products USING gin (search)`.execute(db);

  await sql`
    CREATE TABLE variants (
      id uuid PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products (id),
      sku text NOT NULL UNIQUE,
      title text NOT NULL,
      options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
      price bigint NOT NULL CHECK (price >= 0),
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
      position integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX variants_product_id_idx ON variants (product_id, position)`.execute(db);
  await sql`CREATE INDEX variants_size_idx ON variants (lower(options ->> 'size'), product_id) WHERE status = 'active'`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION set_product_price() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE products SET price = (SELECT min(price) FROM variants WHERE product_id = products.id AND status = 'active')
      WHERE id IN (NEW.product_id, OLD.product_id);
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER variants_set_product_price AFTER INSERT OR DELETE OR UPDATE OF price, status, product_id ON variants
    FOR EACH ROW EXECUTE FUNCTION set_product_price()`.execute(db);

  await sql`
    CREATE TABLE media (
      key text PRIMARY KEY,
      content_type text NOT NULL,
      bytes bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`
    CREATE TABLE product_images (
      id uuid PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
      media_key text NOT NULL REFERENCES media (key),
      alt text NOT NULL,
      width integer NOT NULL CHECK (width > 0),
      height integer NOT NULL CHECK (height > 0),
      position integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX product_images_product_id_idx ON product_images (product_id, position)`.execute(db);
  await sql`CREATE INDEX product_images_media_key_idx ON product_images (media_key)`.execute(db);

  await sql`
    CREATE TABLE product_faqs (
      id uuid PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
      question text NOT NULL,
      answer text NOT NULL,
      position integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX product_faqs_product_id_idx ON product_faqs (product_id, position)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE product_faqs, product_images, media, variants, products, categories`.execute(db);
  await sql`DROP FUNCTION set_product_price()`.execute(db);
}
