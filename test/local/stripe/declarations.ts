// Reads the type declarations that ship with the `stripe` package and holds a value against one of them, field by
// field: what is required must be there, what is there must be declared, and its type must fit.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.resolve('stripe')));

interface Field {
  optional: boolean;
  type: string;
}
/** A file of declarations: its blocks by their dotted names (`Charge.Outcome`), its aliases, and where its imports come from. */
interface Declarations {
  path: string;
  interfaces: Map<string, Map<string, Field>>;
  aliases: Map<string, string>;
  imports: Map<string, string>;
}
/** What stands for the names of an index signature. */
const ANY_NAME = '[]';

interface Scope {
  file: Declarations;
  /** The namespace that names are looked up in, from here outwards. */
  within: string;
}

const read = new Map<string, Declarations>();

/**
 * Holds a value against an interface of the package.
 * @param resource the file of the declaration, such as `PaymentIntents`
 * @param name the interface in it, such as `PaymentIntent`
 * @returns one line for each thing that does not fit, with its path; none when all fits
 */
export function misfits(resource: string, name: string, value: unknown): string[] {
  const file = declarationsOf(join(ROOT, 'resources', `${resource}.d.ts`));
  if (!file.interfaces.has(name)) throw new Error(`${resource}.d.ts declares no interface ${name}`);
  return held(value, name, { file, within: '' }, name);
}

function held(value: unknown, type: string, scope: Scope, at: string): string[] {
  const alternatives = split(type, '|').map((alternative) => heldAlone(value, alternative, scope, at));
  // The alternative that fits best says most about what is wrong.
  return alternatives.reduce((best, next) => (next.length < best.length ? next : best));
}

function heldAlone(value: unknown, type: string, scope: Scope, at: string): string[] {
  const wrong = [`${at}: ${JSON.stringify(value)?.slice(0, 80)} is not ${type}`];
  const fits = (ok: boolean) => (ok ? [] : wrong);
  if (/^(string|number|boolean)$/.test(type)) return fits(typeof value === type);
  if (type === 'unknown') return [];
  if (type === 'null') return fits(value === null);
  if (/^'.*'$/.test(type)) return fits(value === type.slice(1, -1));
  if (/^(true|false|\d+)$/.test(type)) return fits(String(value) === type);
  if (type === 'OtherString') return fits(typeof value === 'string');
  if (type === 'void') return fits(value === undefined);
  const list = /^(?:Array|ApiList)<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(value)) return wrong;
    return value.flatMap((item, n) => held(item, list, scope, `${at}[${n}]`));
  }
  return heldToName(value, type, scope, at) ?? wrong;
}

/** Against an alias or an interface that is found from the scope outwards, or in the file that it is imported from. */
function heldToName(value: unknown, type: string, { file, within }: Scope, at: string): string[] | undefined {
  const spaces = within === '' ? [''] : within.split('.').map((_, n, all) => all.slice(0, all.length - n).join('.'));
  for (const space of [...spaces, '']) {
    const name = space === '' ? type : `${space}.${type}`;
    const alias = file.aliases.get(name);
    const parent = name.split('.').slice(0, -1).join('.');
    if (alias !== undefined) return held(value, alias, { file, within: parent }, at);
    const fields = file.interfaces.get(name);
    if (fields !== undefined) return heldToFields(value, fields, { file, within: name }, at);
  }
  const [imported = ''] = type.split('.');
  const from = file.imports.get(imported);
  if (from === undefined) throw new Error(`${at}: nothing is known of the type ${type}`);
  return heldToName(value, type, { file: declarationsOf(from), within: '' }, at);
}

function heldToFields(value: unknown, fields: Map<string, Field>, scope: Scope, at: string): string[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const any = fields.get(ANY_NAME);
  const entries = new Map(Object.entries(value));
  const missing = [...fields]
    .filter(([name, field]) => !field.optional && !entries.has(name))
    .map(([name]) => `${at}.${name}: is required and not there`);
  const unfit = [...entries].flatMap(([name, entry]) => {
    const field = fields.get(name) ?? any;
    if (field === undefined) return [`${at}.${name}: is not declared`];
    return held(entry, field.type, scope, `${at}.${name}`);
  });
  return [...missing, ...unfit];
}

function declarationsOf(path: string): Declarations {
  const known = read.get(path);
  if (known !== undefined) return known;
  const parsed = parse(path, readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, ''));
  read.set(path, parsed);
  return parsed;
}

const IMPORT = /^import \{ (.*) \} from '(.*)\.js';$/;
/** An interface, a namespace or an object type that goes on over the next lines, up to its closing brace. */
const BLOCK = /^(?:export )?(?:declare )?(namespace|interface|type) (\w+).*\{$/;
const ALIAS = /^(?:export )?type (\w+) = (.*);$/;
const FIELD = /^(?:readonly )?(\w+|'.+'|\[\w+: string\])(\??): (.*);$/;

function parse(path: string, source: string): Declarations {
  const file: Declarations = { path, interfaces: new Map(), aliases: new Map(), imports: new Map() };
  const open: { kind: string; name: string }[] = [];
  const dotted = (name: string) =>
    [...open.filter(({ kind }) => kind === 'namespace').map((space) => space.name), name].join('.');
  for (const raw of source.split('\n')) {
    const line = raw.trim();
    const [, kind = 'other', name = ''] = BLOCK.exec(line) ?? [];
    const inside = open.at(-1);
    if (line.startsWith('}')) open.pop();
    else if (line.endsWith('{')) {
      if (kind === 'interface' || kind === 'type') file.interfaces.set(dotted(name), new Map());
      open.push({ kind, name });
    } else if (inside?.kind === 'interface' || inside?.kind === 'type') {
      addField(file.interfaces.get(dotted(inside.name)), line);
    } else addName(file, line, dotted);
  }
  return file;
}

function addField(fields: Map<string, Field> | undefined, line: string): void {
  const [, name, optional, type] = FIELD.exec(line) ?? [];
  if (name === undefined || type === undefined) return;
  const plain = name.startsWith('[') ? ANY_NAME : name.replaceAll("'", '');
  fields?.set(plain, { optional: optional === '?' || plain === ANY_NAME, type });
}

function addName(file: Declarations, line: string, dotted: (name: string) => string): void {
  const [, names, from] = IMPORT.exec(line) ?? [];
  for (const name of names?.split(', ') ?? []) file.imports.set(name, join(dirname(file.path), `${from}.d.ts`));
  const [, alias, type] = ALIAS.exec(line) ?? [];
  if (alias !== undefined && type !== undefined) file.aliases.set(dotted(alias), type);
}

/** Splits at a separator that stands outside of all brackets and quotes. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    if ('<({['.includes(character)) depth += 1;
    if ('>)}]'.includes(character)) depth -= 1;
    if (character === separator && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  return [...parts, part.trim()];
}
