// The one shape of every refusal.
import { describe, expect, test } from '@jest/globals';
import { PROBLEMS, type ProblemCode, problem, problemResponse } from '../../src/http/problem.ts';

const codes = Object.keys(PROBLEMS).filter((code): code is ProblemCode => code in PROBLEMS);

describe('a problem', () => {
  test.each(codes)('%s is problem+json with its own type, title, status and code', async (code) => {
    const response = problemResponse(problem(code));
    expect(response.status).toBe(PROBLEMS[code].status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: `urn:problem-type:perdure:${code}`,
      title: PROBLEMS[code].title,
      status: PROBLEMS[code].status,
      code,
    });
  });

  test('carries its detail, its wrong fields and members of its own', async () => {
    const items = [{ variantId: 'v', sku: 'LAST-ONE', requested: 2, available: 1 }];
    const body = await problemResponse(problem('out_of_stock', { detail: 'One is left.', items })).json();
    expect(body).toMatchObject({ code: 'out_of_stock', detail: 'One is left.', items });
  });

  test('keeps its standard members whatever members of its own it is given', async () => {
    const body = await problemResponse(
      problem('cart_changed', { status: 200, code: 'fine', type: 'x', title: 'y' }),
    ).json();
    expect(body).toMatchObject({ status: 409, code: 'cart_changed', title: PROBLEMS.cart_changed.title });
  });

  test.each(['unavailable', 'rate_limited', 'request_in_progress'] as const)('%s says when to come back', (code) => {
    expect(problemResponse(problem(code, { retryAfter: 6.2 })).headers.get('retry-after')).toBe('7');
    expect(Number(problemResponse(problem(code)).headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('never shows the error behind it', async () => {
    const text = await problemResponse(problem('internal_error', {}, new Error('password=hunter2'))).text();
    expect(text).not.toContain('hunter2');
  });
});
