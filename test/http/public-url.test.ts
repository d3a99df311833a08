// An API process that others can reach must know under which URL: without it, cookies behind TLS would not be Secure.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { ConfigError, EXIT_CONFIG, requirePublicUrl } from '../../src/config.ts';
import { ENVIRONMENT } from './floor.ts';

/** Starting a process takes a second or two; on a busy machine many more. */
jest.setTimeout(60_000);

test.each(['0.0.0.0', '::', '10.0.0.7', 'shop.internal', '127.0.0.1.example'])('%s needs it', (HOST) => {
  expect(() => requirePublicUrl({ HOST, PUBLIC_URL: undefined })).toThrow(ConfigError);
  expect(() => requirePublicUrl({ HOST, PUBLIC_URL: 'https://shop.example' })).not.toThrow();
});

test.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('%s does not', (HOST) => {
  expect(() => requirePublicUrl({ HOST, PUBLIC_URL: undefined })).not.toThrow();
});

test('`api` does not start without it, and says so in a line', async () => {
  const env = { ...ENVIRONMENT, HOST: '0.0.0.0', PORT: '0' };
  const child = spawn(process.execPath, ['src/main.ts', 'api'], { env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect((await once(child, 'close'))[0]).toBe(EXIT_CONFIG);
  expect(said).toBe('PUBLIC_URL: is required where HOST is not this machine alone\n');
});
