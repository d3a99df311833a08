// What an error that nobody caught means to a client.
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import { HTTPException } from 'hono/http-exception';
import { sql } from 'kysely';
import pg from 'pg';
import { Stripe } from 'stripe';
import { toProblem } from '../../src/http/failures.ts';
import { problem } from '../../src/http/problem.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { floor } from './floor.ts';

function sqlError(code: string): Error {
  return Object.assign(new pg.DatabaseError('no', 2, 'error'), { code });
}

/** @param names of the messages in its details */
function grpcError(code: number, ...names: string[]): Error {
  const get = () =>
    names.map((name) => Buffer.from(`\b\x05\x12\x01type.googleapis.com/temporal.api.${name}\x12\x01\xff`, 'latin1'));
  return Object.assign(new Error(`${code} failed`), { code, details: 'failed', metadata: { get } });
}

describe('unavailable, and worth a repeat, is', () => {
  test.each([
    ['a statement that took too long', sqlError('57014')],
    ['a lock that was not had in time', sqlError('55P03')],
    ['a database that shuts down', sqlError('57P01')],
    ['a database that starts up', sqlError('57P03')],
    ['a database without a free connection', sqlError('53300')],
    ['a deadlock', sqlError('40P01')],
    ['a broken database connection', sqlError('08006')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a query without an answer', new Error('Query read timeout')],
    ['a lost connection', Object.assign(new Error('read'), { code: 'ECONNRESET' })],
    ['a socket that is not there yet', Object.assign(new Error('connect'), { code: 'ENOENT', syscall: 'connect' })],
    ['Temporal that is away', new ServiceError('failed', { cause: grpcError(14) })],
    ['Temporal that is too slow', grpcError(4)],
    ['Temporal that has not read its namespaces yet', new NamespaceNotFoundError('shop')],
    [
      'Temporal that says so of an update-with-start',
      grpcError(5, 'errordetails.v1.MultiOperationExecutionFailure', 'errordetails.v1.NamespaceNotFoundFailure'),
    ],
    ['a workflow that is tried again', grpcError(9, 'errordetails.v1.WorkflowNotReadyFailure')],
    ['Stripe that cannot be reached', new Stripe.errors.StripeConnectionError({ message: 'no', type: 'api_error' })],
    ['Stripe with a fault of its own', new Stripe.errors.StripeAPIError({ message: 'no', type: 'api_error' })],
    ['one of these inside another error', new Error('order failed', { cause: sqlError('57P01') })],
  ])('%s', (_name, error) => {
    expect(toProblem(error).code).toBe('unavailable');
  });

  test('a PostgreSQL that refuses the connection', async () => {
    const { deps } = floor(null);
    const db = openDatabase(deps.config, deps.logger);
    const error = await sql`SELECT 1`.execute(db).catch((thrown: unknown) => thrown);
    await db.destroy();
    expect(toProblem(error).code).toBe('unavailable');
  });

  test('a PostgreSQL whose socket is not there', async () => {
    const { deps } = floor(null, { DATABASE_URL: 'postgres://shop@127.0.0.1/shop?host=%2Fthere%2Fis%2Fnone' });
    const db = openDatabase(deps.config, deps.logger);
    const error = await sql`SELECT 1`.execute(db).catch((thrown: unknown) => thrown);
    await db.destroy();
    expect(error).toMatchObject({ code: 'ENOENT' });
    expect(toProblem(error).code).toBe('unavailable');
  });

  test('a PostgreSQL that hangs up at once', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { deps } = floor(null, { DATABASE_URL: `postgres://shop@127.0.0.1:${port}/shop` });
    const db = openDatabase(deps.config, deps.logger);
    const error = await sql`SELECT 1`.execute(db).catch((thrown: unknown) => thrown);
    await db.destroy();
    server.close();
    expect(toProblem(error).code).toBe('unavailable');
  });
});

describe('a fault of ours, not to be repeated, is', () => {
  test.each([
    ['a broken constraint', sqlError('23514')],
    ['a wrong statement', sqlError('42601')],
    ['a file that is not there', Object.assign(new Error('open'), { code: 'ENOENT', syscall: 'open' })],
    ['a wrong call to Temporal', new ServiceError('failed', { cause: grpcError(3) })],
    ['something that Temporal does not have', grpcError(5, 'errordetails.v1.NotFoundFailure')],
    ['something that Temporal cannot do as it stands', grpcError(9)],
    ['any other error', new TypeError('undefined is not a function')],
    ['something that is no error', 'thrown text'],
    ['an error that is its own cause', selfCaused()],
  ])('%s', (_name, error) => {
    expect(toProblem(error)).toMatchObject({ code: 'internal_error', cause: error });
  });
});

function selfCaused(): Error {
  const error = new Error('round and round');
  error.cause = error;
  return error;
}

test('a problem stays the problem that it is', () => {
  const refusal = problem('cart_empty');
  expect(toProblem(refusal)).toBe(refusal);
});

test.each([
  [400, 'malformed_json'],
  [413, 'payload_too_large'],
  [415, 'unsupported_media_type'],
] as const)('what the framework refuses with %i is %s', (status, code) => {
  expect(toProblem(new HTTPException(status)).code).toBe(code);
});
