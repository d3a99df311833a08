// What clients get wrong: values, fields, bodies, paths, queries and headers, by chance that can be had again.
import fc from 'fast-check';
import type { Random } from '../random.ts';
import type { Draft } from './sent.ts';

const LONG = 9_000;
const DEEP = 200;
const SAMPLES = 2_000;

const WRONG_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\u0007',
  '\ud800',
  'ÿ',
  '%00',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>',
  'a'.repeat(LONG),
  '-1',
  'NaN',
  '01960000-0000-7000-8000-000000000000',
] as const;
const WRONG_VALUES = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 31,
  [],
  {},
  [[]],
  'text',
  '2026-13-45T99:99:99Z',
] as const;
const WRONG_FIELDS = [
  '__proto__',
  'constructor',
  'role',
  'status',
  'price',
  'total',
  'discount',
  'customerId',
  'userId',
  'ownerId',
  'active',
  'emailVerified',
  'isAdmin',
  'id',
] as const;
const HEADERS = [
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-Cart-Token',
  'X-Order-Token',
  'Authorization',
  'Cookie',
  'X-API-Key',
  'Last-Event-ID',
  'X-Request-Id',
  'Content-Type',
  'Accept',
  'Origin',
  'X-Forwarded-For',
  'Stripe-Signature',
  'Range',
  'Accept-Encoding',
] as const;

/** Makes one thing of a request wrong, another one each time. */
export function createMistakes(random: Random, seed: number): (draft: Draft) => Draft {
  const values = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed, numRuns: SAMPLES });
  const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), { seed, numRuns: SAMPLES });
  const wrongText = (): string =>
    random.chance(0.5) ? random.pick(WRONG_TEXTS) : (texts[random.between(0, SAMPLES - 1)] ?? '');
  const wrongValue = (): unknown => {
    if (random.chance(0.4)) return random.pick(WRONG_VALUES);
    return random.chance(0.5) ? wrongText() : values[random.between(0, SAMPLES - 1)];
  };

  const mistakes: [(draft: Draft) => Draft, ...((draft: Draft) => Draft)[]] = [
    (draft) => ({ ...draft, json: spoiled(draft.json, random, wrongValue) }),
    (draft) => ({ ...draft, json: spoiled(draft.json, random, wrongValue) }),
    (draft) => ({ ...draft, json: withField(draft.json, random.pick(WRONG_FIELDS), wrongValue()) }),
    (draft) => ({ ...draft, json: wrongValue() }),
    (draft) => ({ ...draft, json: deep() }),
    (draft) => ({
      ...draft,
      raw: random.pick(['{', '', '[]', 'null', '"text"', '{"a":1,}', '\u0000', '{"a":"\\ud800"}']),
    }),
    (draft) => ({ ...draft, path: draft.path.replace(/[^/]+$/, encoded(wrongText())) }),
    (draft) => ({ ...draft, path: withQuery(draft, random, encoded(wrongText())) }),
    (draft) => ({ ...draft, path: withQuery(draft, random, encoded(wrongText())) }),
    (draft) => ({ ...draft, headers: { ...draft.headers, [random.pick(HEADERS)]: headerText(wrongText()) } }),
    (draft) => ({ ...draft, headers: omit(draft.headers, random) }),
  ];
  return (draft) => random.pick(mistakes)(draft);
}

/** One value of it, however deep, is another, or is gone. */
function spoiled(json: unknown, random: Random, wrongValue: () => unknown): unknown {
  if (typeof json !== 'object' || json === null) return wrongValue();
  const [key, ...keys] = Object.keys(json);
  if (key === undefined) return wrongValue();
  const chosen = random.pick([key, ...keys]);
  const inner: unknown = Reflect.get(json, chosen);
  const isDeep = typeof inner === 'object' && inner !== null && random.chance(0.6);
  const value = isDeep ? spoiled(inner, random, wrongValue) : wrongValue();
  const copy = Object.entries(json).map(([name, old]) => [name, name === chosen ? value : old] as const);
  return Object.fromEntries(random.chance(0.25) ? copy.filter(([name]) => name !== chosen) : copy);
}

/** Defined, not set: `__proto__` is a field like any other here. */
function withField(json: unknown, name: string, value: unknown): unknown {
  const copy = typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {};
  return Object.defineProperty(copy, name, { value, enumerable: true });
}

function deep(): unknown {
  let value: unknown = 0;
  for (let level = 0; level < DEEP; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function withQuery({ path, route }: Draft, random: Random, value: string): string {
  const names = route.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const name = random.pick(['surprise', 'limit', 'cursor', ...names]);
  return `${path}${path.includes('?') ? '&' : '?'}${name}=${value}`;
}

function omit(headers: Record<string, string>, random: Random): Record<string, string> {
  const [name, ...names] = Object.keys(headers);
  if (name === undefined) return headers;
  const gone = random.pick([name, ...names]);
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== gone));
}

/** In a URL; halves of surrogate pairs have no place there. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 3_000);
}

/** What HTTP lets stand in a header (RFC 9110, section 5.5). */
function headerText(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 3_000);
}
