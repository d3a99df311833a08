// How many API keys there may be: enough for every machine of a shop, and no more than somebody can look through.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keyRoutes } from '../../src/accounts/key-routes.ts';
import { MAX_KEYS } from '../../src/accounts/rules.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { machine, type Person, person } from './people.ts';

const NOW = new Date('2026-11-20T12:00:00Z');

let database: OwnDatabase;
let ask: Ask;
let admins: Person[];
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(floor(keyRoutes, {}, { db: database.db, clock: () => NOW }).app);
  const admin = () => person(database.db, { role: 'admin', now: NOW });
  admins = await Promise.all([admin(), admin(), admin()]);
});
afterAll(() => database.leave());

const makeAs = ({ bearer }: Person) =>
  ask('POST', 'api-keys', { headers: bearer, json: { name: 'Scanner', role: 'inventory' } });

test('a shop has a hundred living keys at most, also when several admins make them at once; one that is over does not count', async () => {
  for (let at = 0; at < MAX_KEYS - 1; at += 1) await machine(database.db, { now: NOW });
  await machine(database.db, { now: NOW, expiresAt: NOW });
  const answers = await Promise.all([...admins, ...admins].map(makeAs));
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  for (const { status, body } of answers.filter((answer) => !made.includes(answer))) {
    expect([status, body.code]).toEqual([409, 'limit_reached']);
  }
  const [admin] = admins;
  if (admin === undefined) throw new Error('there is no admin');
  const revoked = await ask('DELETE', `api-keys/${made[0]?.body.id}`, { headers: admin.bearer });
  expect([revoked.status, (await makeAs(admin)).status, (await makeAs(admin)).status]).toEqual([204, 201, 409]);
});
