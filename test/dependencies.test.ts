// What `npm run check:dependencies -- --advisories` makes of a registry's answers; a local server is the registry.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { portOf } from './http/wire.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Asks for advisories at a registry that answers so. */
async function check(answer: RequestListener): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const registry = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  closing.push(() => registry.close());
  const npm_config_registry = `http://127.0.0.1:${portOf(registry)}/`;
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; stdout: string; stderr: string }>();
  const child = execFile(
    process.execPath,
    ['tools/check-dependencies.js', '--advisories'],
    { env: { ...process.env, npm_config_registry } },
    (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
  );
  return promise;
}

test('an advisory against a package that is installed is a problem, with its name and where to read about it', async () => {
  const advisory = { id: 1, url: 'https://advisories.example/1', title: 'Reads too much', severity: 'high' };
  const { code, stderr } = await check((request, response) => {
    const found = request.url?.endsWith('/advisories/bulk') === true;
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found ? { nodemailer: [{ ...advisory, vulnerable_versions: '*' }] } : {}));
  });
  expect(stderr).toMatch(/nodemailer \d+\.\d+\.\d+: high: Reads too much https:\/\/advisories\.example\/1/);
  expect(code).toBe(1);
});

test('a registry that knows of none leaves nothing to say', async () => {
  const { code, stdout } = await check((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  expect([code, stdout]).toEqual([0, expect.not.stringContaining('advisories')]);
});

test('a registry that answers no advisories is told of, and fails nobody', async () => {
  const { code, stdout } = await check((_request, response) => {
    response.writeHead(405).end();
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining('advisories: the registry in use does not answer (405')]);
});
