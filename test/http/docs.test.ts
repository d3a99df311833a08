// The OpenAPI document of the whole API, and the page to read it with.
import { describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { DOCUMENT, ROUTES } from './document.ts';
import { floor } from './floor.ts';

const PROBLEM = 'application/problem+json';
const app = createApp(floor(null).deps);

describe('the document', () => {
  test('is OpenAPI 3.1 and names the main routes', () => {
    expect(DOCUMENT.openapi).toBe('3.1.0');
    expect(ROUTES.map(([name]) => name)).toEqual(
      expect.arrayContaining(['GET /api/v1/products', 'GET /api/v1/cart', 'POST /api/v1/orders', 'GET /health/ready']),
    );
  });

  test('refers to nothing that is not in it', () => {
    const references = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(0);
    for (const [, kind = '', name = ''] of references) expect(DOCUMENT.components[kind]).toHaveProperty(name);
  });

  test('knows every security scheme that a route asks for', () => {
    const asked = ROUTES.flatMap(([, { security = [] }]) => security.flatMap((one) => Object.keys(Object(one))));
    expect(Object.keys(DOCUMENT.components.securitySchemes ?? {})).toEqual(expect.arrayContaining([...new Set(asked)]));
  });
});

describe.each(ROUTES)('%s', (_name, operation) => {
  test('says what it is for and who may call it', () => {
    expect(operation.summary).toEqual(expect.any(String));
    expect(operation.security).toEqual(expect.any(Array));
  });

  test('shows an example of what it takes and of what it gives', () => {
    const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    const shown = [...answers.map(([, answer]) => answer.content ?? {}), operation.requestBody?.content ?? {}];
    const json = shown.flatMap((content) => Object.entries(content)).filter(([type]) => type === 'application/json');
    expect(json.filter(([, { example, examples }]) => (example ?? examples) === undefined)).toEqual([]);
  });

  test('names its problems, those of the floor among them, each with an example', () => {
    const problems = Object.entries(operation.responses).filter(([, { content }]) => content?.[PROBLEM] !== undefined);
    const floorOnes = operation.requestBody ? ['400', '413', '415', '422', '500', '503'] : ['500'];
    expect(problems.map(([status]) => status)).toEqual(expect.arrayContaining(floorOnes));
    const examples = problems.map(([, { content }]) => Object.keys(content?.[PROBLEM]?.examples ?? {}).length);
    expect(examples).not.toContain(0);
  });
});

describe('the page', () => {
  test('may reach no other origin, and refers to none', async () => {
    const response = await app.request('/api/docs');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('finds all its parts here', async () => {
    const html = await (await app.request('/api/docs')).text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    const answers = await Promise.all(parts.map(async (path) => app.request(path)));
    expect(answers.map((answer) => answer.status)).toEqual(parts.map(() => 200));
    expect(answers.map((answer) => answer.headers.get('content-type'))).toEqual([
      'text/css; charset=utf-8',
      'image/png',
      'text/javascript; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  test.each(['package.json', '..%2fpackage.json', 'swagger-ui.js', '__proto__', 'constructor'])(
    'gives no other file: %s',
    async (file) => {
      expect((await app.request(`/api/docs/${file}`)).status).toBe(404);
    },
  );
});
