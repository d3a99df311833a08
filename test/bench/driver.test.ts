// The bench's other processes: one that does not end well fails the run, whenever it happens.
import { afterEach, expect, test } from '@jest/globals';
import { type DriverProcess, launchRole, startDriver, stopRole } from '../../bench/load/driver-process.ts';
import type { ShoppersPlan } from '../../bench/load/shoppers.ts';
import { until } from '../support/wait.ts';

const { signal } = new AbortController();
const WITHIN_MS = 20_000;

let driver: DriverProcess<unknown>;

afterEach(() => driver.kill());

/** A shopper in a shop that is not there. */
function lonely(): DriverProcess<unknown> {
  const nowhere = 'http://127.0.0.1:9';
  const shop = { apis: [nowhere], stripe: nowhere, publishableKey: '' };
  const plan: ShoppersPlan = { ...shop, method: 'card', shoppers: 1, variants: ['v'], linesPerCart: 1 };
  driver = startDriver({ role: 'shoppers', plan });
  return driver;
}

async function hasBegun(): Promise<void> {
  await until('the driver has told something', async () => driver.told.length > 0);
}

test('a driver lives its last story to the end, and has told it', async () => {
  lonely();
  await hasBegun();
  await driver.stop(signal);
  expect(driver.told[0]).toEqual({ at: expect.any(Number), failed: 'POST /cart/items lost ECONNREFUSED' });
});

test('a driver that ends while it should drive fails the run', async () => {
  const driving = lonely().runFor(60, signal);
  process.kill(driver.pid, 'SIGKILL');
  await expect(driving).rejects.toThrow('shoppers ended early: SIGKILL');
});

test('a driver that crashes while it stops fails the run', async () => {
  lonely();
  await hasBegun();
  process.kill(driver.pid, 'SIGSTOP');
  const stopped = driver.stop(signal);
  process.kill(driver.pid, 'SIGKILL');
  await expect(stopped).rejects.toThrow('shoppers failed: SIGKILL');
});

test('nobody waits for a driver that does not stop, when the run is to end', async () => {
  lonely();
  process.kill(driver.pid, 'SIGSTOP');
  await expect(driver.stop(AbortSignal.abort(new Error('it is over')))).rejects.toThrow('it is over');
});

test('a process that had failed before it was told to stop fails the run, and says why', async () => {
  const role = launchRole({ role: 'nobody', plan: {} });
  expect(await role.ended).toMatchObject({ ok: false });
  await expect(stopRole(role, WITHIN_MS, signal)).rejects.toThrow(
    /nobody failed: exit code 1\n[^]*no role is named nobody/,
  );
});
