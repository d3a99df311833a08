// The Temporal namespace as `migrate` leaves it.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { openTemporal, prepareNamespace, type TemporalClient } from '../../src/platform/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';
import { sharedServers } from '../support/servers.ts';
import { until } from '../support/wait.ts';

const RETENTION_DAYS = 3;
const open: TemporalClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((temporal) => temporal.close()));
});

function client(namespace: string): TemporalClient {
  const { temporalAddress } = sharedServers();
  const config = loadConfig({ TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_NAMESPACE: namespace });
  const temporal = openTemporal({ ...config, TEMPORAL_ADDRESS: temporalAddress });
  open.push(temporal);
  return temporal;
}

function newNamespace(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

async function attributesOf({ connection }: TemporalClient, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(customAttributes);
}

const OURS = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

test('a namespace that is prepared twice at once, and again, is there with its retention and its search attributes', async () => {
  const namespace = newNamespace();
  const [one, two] = [client(namespace), client(namespace)];
  await Promise.all([one, two].map((temporal) => prepareNamespace(temporal, RETENTION_DAYS, SEARCH_ATTRIBUTES)));
  await prepareNamespace(one, RETENTION_DAYS + 1, SEARCH_ATTRIBUTES);
  expect(await attributesOf(one, namespace)).toEqual(expect.arrayContaining(OURS));
  const { config } = await one.connection.workflowService.describeNamespace({ namespace });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(RETENTION_DAYS * 86_400);
});

test('search attributes that a new release adds come to a namespace that is there already', async () => {
  const namespace = newNamespace();
  const temporal = client(namespace);
  const { orderStatus, ...rest } = SEARCH_ATTRIBUTES;
  await prepareNamespace(temporal, RETENTION_DAYS, { orderStatus });
  await prepareNamespace(temporal, RETENTION_DAYS, { orderStatus, ...rest });
  await until('all attributes are listed', async () => {
    const names = await attributesOf(temporal, namespace);
    return OURS.every((name) => names.includes(name));
  });
});
