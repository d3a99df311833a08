// The addresses that a customer keeps, over HTTP. Somebody else's is not there.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requirePerson } from '../http/caller.ts';
import { decodeIdCursor, pageById } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { idempotencyHeader, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { type FieldError, problem } from '../http/problem.ts';
import { type AppEnv, type AppRouter, createRouter } from '../http/router.ts';
import { pageQuery, uuid } from '../http/schemas.ts';
import { newId } from '../platform/ids.ts';
import { judgeAddress, MOST_ADDRESSES } from './rules.ts';
import {
  addressAnswer,
  addressChanges,
  addressExample,
  addressesAnswer,
  newAddressBody,
  newAddressExample,
  presentAddress,
} from './schemas.ts';
import {
  type AddressRow,
  deleteAddress,
  findAddress,
  insertAddress,
  listAddresses,
  lockAddresses,
  type OwnAddress,
  updateAddress,
} from './store.ts';

const of = { tags: ['Addresses'], security: SECURITY.person };
const params = z.object({ id: uuid });
const headers = idempotencyHeader;

const list = createRoute({
  ...of,
  method: 'get',
  path: '/addresses',
  summary: 'My addresses',
  request: { query: pageQuery },
  responses: {
    200: jsonAnswer('Newest first', addressesAnswer, { items: [addressExample], nextCursor: null }),
  },
});

const add = createRoute({
  ...of,
  method: 'post',
  path: '/addresses',
  summary: 'Keep an address',
  description:
    'It must be one of its country: postal codes are checked, and the region is required where parcels need it. A customer keeps 50 at the most.',
  request: { headers, body: jsonBody(newAddressBody, newAddressExample) },
  responses: {
    201: jsonAnswer('The address', addressAnswer, addressExample),
  },
});

const read = createRoute({
  ...of,
  method: 'get',
  path: '/addresses/{id}',
  summary: 'One of my addresses',
  request: { params },
  responses: {
    200: jsonAnswer('The address', addressAnswer, addressExample),
    ...problemResponses('not_found'),
  },
});

const change = createRoute({
  ...of,
  method: 'patch',
  path: '/addresses/{id}',
  summary: 'Change an address, or make it the default',
  description:
    'What is not sent stays; null takes `line2`, `region` or `phone` out. Orders keep the address that they were placed with.',
  request: { params, headers, body: jsonBody(addressChanges, { isDefault: true }) },
  responses: {
    200: jsonAnswer('The address as it is now', addressAnswer, addressExample),
    ...problemResponses('not_found'),
  },
});

const remove = createRoute({
  ...of,
  method: 'delete',
  path: '/addresses/{id}',
  summary: 'Forget an address',
  description: 'After the default, the newest of the others is the default.',
  request: { params, headers },
  responses: {
    204: { description: 'It is not there any more' },
    ...problemResponses('not_found'),
  },
});

export function addressRoutes(deps: AppDeps): AppRouter {
  const { db, clock } = deps;
  const router = createRouter();
  const middleware = idempotent(deps);

  router.openapi(list, async (c) => {
    const customerId = await customerOf(c);
    const { limit, cursor } = c.req.valid('query');
    const rows = await listAddresses(db, customerId, { limit: limit + 1, after: decodeIdCursor(cursor) });
    return c.json(pageById(rows, limit, presentAddress), 200);
  });

  router.openapi({ ...add, middleware }, async (c) => {
    const [customerId, now] = [await customerOf(c), clock()];
    const sent = c.req.valid('json');
    const added = await db.transaction().execute(async (tx) => {
      if (!(await lockAddresses(tx, customerId))) throw problem('unauthenticated');
      return insertAddress(tx, { ...sent, id: newId(now), customerId, now });
    });
    if (added === undefined) {
      const message = `you keep ${MOST_ADDRESSES} addresses, which is the most: delete one first`;
      throw problem('validation_failed', { errors: [{ path: '', message }] });
    }
    c.header('Location', `/api/v1/addresses/${added.id}`);
    return c.json(presentAddress(added), 201);
  });

  router.openapi(read, async (c) => {
    const own = { ...c.req.valid('param'), customerId: await customerOf(c) };
    return c.json(presentAddress(present(await findAddress(db, own))), 200);
  });

  const changing: Parameters<typeof router.openapi<typeof change>>[1] = async (c) => {
    const own = { ...c.req.valid('param'), customerId: await customerOf(c) };
    return c.json(presentAddress(await changed(own, c.req.valid('json'))), 200);
  };
  router.openapi({ ...change, middleware }, changing);
  router.openapi({ ...change, middleware, method: 'put', summary: 'The same as PATCH' }, changing);

  router.openapi({ ...remove, middleware }, async (c) => {
    const own = { ...c.req.valid('param'), customerId: await customerOf(c) };
    const wasThere = await db.transaction().execute(async (tx) => {
      await lockAddresses(tx, own.customerId);
      return deleteAddress(tx, own, clock());
    });
    if (!wasThere) throw noAddress();
    return c.body(null, 204);
  });

  async function customerOf(c: Context<AppEnv>): Promise<string> {
    return (await requirePerson(c, deps)).userId;
  }

  /** Changes an address, if it is one of its country with the changes. @throws not_found, validation_failed */
  function changed(own: OwnAddress, { isDefault, ...fields }: z.output<typeof addressChanges>): Promise<AddressRow> {
    return db.transaction().execute(async (tx) => {
      await lockAddresses(tx, own.customerId);
      const before = present(await findAddress(tx, own));
      const { country = before.country, postalCode = before.postalCode, region = before.region } = fields;
      const errors: FieldError[] = judgeAddress({ country, postalCode, region });
      if (before.isDefault && isDefault === false)
        errors.push({ path: 'isDefault', message: 'make another address the default instead' });
      if (errors.length > 0) throw problem('validation_failed', { errors });
      return updateAddress(tx, own, { ...fields, ...(isDefault === true && { isDefault }) }, clock());
    });
  }

  return router;
}

function present(address: AddressRow | undefined): AddressRow {
  if (address === undefined) throw noAddress();
  return address;
}

function noAddress() {
  return problem('not_found', { detail: 'There is no such address.' });
}
