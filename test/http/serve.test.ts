// The API as a process: it starts without its dependencies, says so, and ends in order.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { ENVIRONMENT } from './floor.ts';

/** Starting a process takes a second or two; on a busy machine many more. */
jest.setTimeout(60_000);

const children: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs `api` with these settings and none of the surroundings'. */
function api(settings: Record<string, string>) {
  const child = spawn(process.execPath, ['src/main.ts', 'api'], { env: { ...settings } });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const closed = once(child, 'close');
  return {
    child,
    said,
    ended: async (): Promise<unknown> => (await closed)[0],
    ready: async (): Promise<string> => {
      for (;;) {
        const address = /"address":"([^"]+)","msg":"api ready"/.exec(said.stdout)?.[1];
        if (address !== undefined) return address;
        await Promise.race([once(child.stdout, 'data'), closed.then(() => Promise.reject(new Error(said.stderr)))]);
      }
    },
  };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it serves while nothing that it needs is there, and exits with 0 at %s',
  async (signal) => {
    const { child, ready, ended, said } = api({ ...ENVIRONMENT, PORT: '0' });
    const address = await ready();
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    const orders = await fetch(`${address}/api/v1/products`);
    expect([orders.status, await orders.json()]).toMatchObject([503, { code: 'unavailable' }]);
    child.kill(signal);
    expect(await ended()).toBe(0);
    expect(said.stdout).toContain('"msg":"api stopped"');
    expect(said.stdout).toMatch(/"level":"warn".*"msg":"RATE_LIMIT_SCALE is 0/);
  },
);

test('a port that is taken is one sentence and exit code 1', async () => {
  const first = api({ ...ENVIRONMENT, PORT: '0' });
  const { port } = new URL(await first.ready());
  const second = api({ ...ENVIRONMENT, PORT: port });
  expect(await second.ended()).toBe(1);
  expect(second.said.stderr).toBe(
    `Port ${port} on 127.0.0.1 is taken: stop the program that listens there, or set PORT.\n`,
  );
});

test('missing settings are one line each and exit code 78, and no value is shown', async () => {
  const { ended, said } = api({ STRIPE_SECRET_KEY: 'sk_test_hidden', PORT: 'secret-port' });
  expect(await ended()).toBe(78);
  expect(said.stderr).toMatch(/^PORT: .+\n$/);
  const missing = api({ STRIPE_SECRET_KEY: 'sk_test_hidden' });
  expect(await missing.ended()).toBe(78);
  expect(
    missing.said.stderr
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]),
  ).toEqual(expect.arrayContaining(['DATABASE_URL', 'TEMPORAL_ADDRESS', 'STRIPE_WEBHOOK_SECRET']));
  expect(missing.said.stderr).not.toContain('hidden');
});
