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
  --method card|cod
  --hot               everybody buys the same variant
  --ceiling           also a bare workflow of the same shape on the same servers, at the same levels
  --growth 1000,10000 fill the shop with so many orders and measure it at each of these sizes (16 shoppers unless told)
  --fill-minutes 60   what all the filling may take
  --home DIR          measure the stack that runs in this home, instead of starting one
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
      method: { type: 'string', default: 'card' },
      hot: { type: 'boolean', default: false },
      ceiling: { type: 'boolean', default: false },
      growth: { type: 'string' },
      'fill-minutes': { type: 'string', default: '60' },
      home: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const method = METHODS.find((name) => name === values.method);
  if (method === undefined) throw new Error(`--method must be one of ${METHODS.join(', ')}`);
  return {
    shoppers: positives('--shoppers', values.shoppers),
    seconds: positive('--seconds', values.seconds),
    warmup: positive('--warmup', values.warmup),
    method,
    hot: values.hot,
    ceiling: values.ceiling,
    growth: positives('--growth', values.growth),
    fillMinutes: positive('--fill-minutes', values['fill-minutes']),
    home: values.home,
    json: values.json,
  };
}

function positives(name: string, list: string | undefined): number[] | undefined {
  return list?.split(',').map((part) => positive(name, part));
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${name}: ${text} is no positive number`);
  return number;
}
