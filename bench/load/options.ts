// What can be asked of `npm run bench`.
import { parseArgs } from 'node:util';
import { METHODS, type Method } from './story.ts';

export interface Options {
  /** Levels of shoppers. Undefined: the full run. */
  shoppers: number[] | undefined;
  seconds: number;
  warmup: number;
  method: Method;
  /** Everybody buys the same variant. */
  hot: boolean;
  /** Also the ceiling, at the same levels (the full run has it anyway). */
  ceiling: boolean;
  /** Numbers of orders to grow to; undefined: no growth. */
  growth: number[] | undefined;
  /** Minutes for all the filling of a growth. */
  fillMinutes: number;
  /** A home in which a stack runs; undefined: one is started. */
  home: string | undefined;
  /** A file for all figures as JSON. */
  json: string | undefined;
}

export const USAGE = `usage: npm run bench -- [options]
  --shoppers 1,4,16   levels of shoppers (without it: the full run)
  --seconds 60        the time that counts, of each level
  --warmup 10         seconds before it
  --method card|cod   how the shoppers of these levels, or of --growth, pay
  --hot               everybody at these levels buys the same variant
  --ceiling           also a bare workflow of the same shape on the same servers, at the same levels
  --growth 1000,10000 fill the shop with so many orders and measure it at each of these sizes (16 shoppers unless told)
  --fill-minutes 60   what all the filling may take
  --home DIR          measure the stack that runs in this home, instead of starting one; one that was started with
                      RATE_LIMIT_SCALE=0, or its refusals are measured
  --json FILE         write all figures there, too
Settings of the environment (WORKER_PROCESSES, ...) reach the stack that is started.`;

/** @throws with a sentence for whoever typed it */
export function parseOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      shoppers: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      warmup: { type: 'string', default: '10' },
      method: { type: 'string' },
      hot: { type: 'boolean', default: false },
      ceiling: { type: 'boolean', default: false },
      growth: { type: 'string' },
      'fill-minutes': { type: 'string' },
      home: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const method = METHODS.find((name) => name === (values.method ?? 'card'));
  if (method === undefined) throw new Error(`--method must be one of ${METHODS.join(', ')}`);
  const options = {
    shoppers: positives('--shoppers', values.shoppers),
    seconds: positive('--seconds', values.seconds),
    warmup: positive('--warmup', values.warmup),
    method,
    hot: values.hot,
    ceiling: values.ceiling,
    growth: positives('--growth', values.growth),
    fillMinutes: positive('--fill-minutes', values['fill-minutes'] ?? '60'),
    home: values.home,
    json: values.json,
  };
  refuseIdle(options, { method: values.method !== undefined, fillMinutes: values['fill-minutes'] !== undefined });
  return options;
}

/** @throws when something is asked for that such a run has no place for */
function refuseIdle(
  { shoppers, growth, method, hot, ceiling }: Options,
  asksFor: { method: boolean; fillMinutes: boolean },
): void {
  const isFull = shoppers === undefined && growth === undefined;
  if (isFull && asksFor.method)
    throw new Error('--method needs --shoppers or --growth: the full run has levels of both');
  if (hot && shoppers === undefined) throw new Error('--hot needs --shoppers: the full run has such a level');
  if (hot && growth !== undefined) throw new Error('--hot does not go with --growth');
  if (growth !== undefined && shoppers !== undefined && shoppers.length > 1) {
    throw new Error('--growth is measured at one level: give --shoppers one number');
  }
  if (asksFor.fillMinutes && growth === undefined) throw new Error('--fill-minutes needs --growth');
  if (ceiling && method === 'cod')
    throw new Error('--ceiling is built after orders paid by card, not with --method cod');
}

function positives(name: string, list: string | undefined): number[] | undefined {
  return list?.split(',').map((part) => positive(name, part));
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${name}: ${text} is no positive number`);
  return number;
}
