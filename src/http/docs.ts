// The OpenAPI document, generated from the schemas that validate, and a page to read it with: all of it served from here,
// so that it opens without internet, under a policy that lets the page reach no other origin.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { documentedProblems, problemSchema, SECURITY_SCHEMES } from './openapi.ts';
import type { ProblemCode } from './problem.ts';
import type { AppRouter } from './router.ts';
import { createRouter } from './router.ts';

const FOLDER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** The only files that the page needs, by name: nothing else of the folder can be asked for. */
const FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};
/** The page's own origin and nothing else. Swagger UI sets style attributes and draws its icons from data: URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** The files change with a release; a day keeps them out of most requests. */
const FILE_CACHE = 'public, max-age=86400';

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Perdure API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/page.js"></script>
</body>
</html>
`;
const PAGE_SCRIPT = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

const DESCRIPTION =
  'An order platform that cannot lose an order. Amounts are integer minor units with an ISO currency beside them; errors are problem+json (RFC 9457) with a stable `code`.';

type OpenApiDocument = ReturnType<AppRouter['getOpenAPI31Document']>;

/**
 * /api/openapi.json, /api/docs and the page's files.
 * @param app the app whose registered routes are described; it is read at the first request, when all are there
 */
export function docsRoutes(app: AppRouter): AppRouter {
  const router = createRouter();
  let document: OpenApiDocument | undefined;
  router.get('/api/openapi.json', (c) => {
    document ??= describe(app);
    return c.json(document);
  });
  for (const way of ['/', '/api/docs/']) router.get(way, (c) => c.redirect('/api/docs'));
  router.get('/api/docs', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': PAGE_POLICY }));
  router.get('/api/docs/page.js', (c) =>
    c.body(PAGE_SCRIPT, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  router.get('/api/docs/:file', async (c) => {
    const file = c.req.param('file');
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined;
    if (type === undefined) return c.notFound();
    const bytes = await readFile(path.join(FOLDER, file));
    return c.body(new Uint8Array(bytes), 200, { 'Content-Type': type, 'Cache-Control': FILE_CACHE });
  });
  return router;
}

/** The whole document: every route, who may call it, and the problems that any route can give. */
export function describe(app: AppRouter): OpenApiDocument {
  app.openAPIRegistry.register('Problem', problemSchema);
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Perdure', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/' }],
  });
  document.components = { ...document.components, securitySchemes: SECURITY_SCHEMES };
  for (const [route, item] of Object.entries(document.paths ?? {})) {
    for (const operation of [item.get, item.post, item.put, item.patch, item.delete]) {
      if (operation) addFloorProblems(route, operation);
    }
  }
  return document;
}

type Operation = NonNullable<NonNullable<OpenApiDocument['paths']>[string]['get']>;

/** Adds what the floor itself can answer with, beside the route's own problems of the same status. */
function addFloorProblems(route: string, operation: Operation): void {
  const responses = operation.responses ?? {};
  for (const [status, floor] of documentedProblems(...floorCodes(route, operation))) {
    const own = responses[status];
    if (own === undefined) {
      responses[status] = floor;
      continue;
    }
    const content = own.content?.['application/problem+json'];
    if (content === undefined) continue;
    const { examples } = floor.content['application/problem+json'];
    if (Object.keys(examples).every((code) => code in (content.examples ?? {}))) continue;
    own.description = `${own.description}; ${floor.description}`;
    content.examples = { ...content.examples, ...examples };
  }
  operation.responses = responses;
}

const CREDENTIALS = ['bearer', 'session', 'apiKey'];

function floorCodes(route: string, { requestBody, parameters, security = [] }: Operation): ProblemCode[] {
  // What stands in the path is judged as a thing that there is not.
  const isJudged = (parameters ?? []).some((parameter) => 'in' in parameter && parameter.in !== 'path');
  const codes: ProblemCode[] = ['internal_error', 'unavailable'];
  if (!route.startsWith('/health')) codes.push('rate_limited');
  // A credential that is none is refused also where a guest, or nobody in particular, may call.
  if (security.some((way) => CREDENTIALS.some((name) => name in way))) codes.push('unauthenticated', 'forbidden');
  if (requestBody) codes.push('malformed_json', 'payload_too_large', 'unsupported_media_type');
  if (requestBody || isJudged) codes.push('validation_failed');
  return codes;
}
