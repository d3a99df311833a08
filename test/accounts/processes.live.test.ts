// Two API processes of a running shop: who logs out of one is logged out of the other, and neither logs a secret.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { call } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';
import { bearer, cookie } from './people.ts';

const login = z.object({ accessToken: z.string(), refreshToken: z.string() });

let shop: RunningStack;
beforeAll(async () => {
  const env = { API_PROCESSES: '2', PERDURE_LOGS: 'files', LOG_LEVEL: 'debug' };
  shop = await startStack({ env });
});
afterAll(async () => {
  await shop.stop();
});

function logs(): string {
  const folder = join(shop.home, 'logs');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

test('a logout in one process is one in the other, for the token and for the cookie', async () => {
  const [here, there] = shop.stack.api.map((api) => `${api}/api/v1/auth`);
  const { admin } = shop.stack.accounts;
  const kept = login.parse((await call(`${here}/login`, { json: admin })).body);
  const { headers, body } = await call(`${there}/login`, { json: admin });
  const ended = login.parse(body);
  expect(headers.getSetCookie()[0]).toMatch(/^session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
  await call(`${here}/login`, { json: { ...admin, password: `${admin.password}!` } });

  const logOut = (auth: string | undefined, credentials: Record<string, string>) =>
    call(`${auth}/logout`, { method: 'POST', headers: credentials });
  expect((await logOut(here, bearer(ended.accessToken))).status).toBe(204);
  for (const auth of [there, here]) {
    for (const credentials of [bearer(ended.accessToken), cookie(ended.refreshToken)]) {
      expect((await logOut(auth, credentials)).status).toBe(401);
    }
  }
  expect((await logOut(there, bearer(kept.accessToken))).status).toBe(204);

  // Lines that nobody has to act on are written some at a time.
  const everything = await until('the last logout is in the log', async () => {
    const written = logs();
    return written.split('/api/v1/auth/logout').length > 5 && written;
  });
  const secrets = { ...ended, keptAccess: kept.accessToken, keptRefresh: kept.refreshToken, password: admin.password };
  expect(Object.entries(secrets).filter(([, secret]) => everything.includes(secret))).toEqual([]);
});
