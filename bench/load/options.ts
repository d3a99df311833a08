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
      home: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const method = METHODS.find((name) => name === values.method);
  if (method === undefined) throw new Error(`--method must be one of ${METHODS.join(', ')}`);
  return {
    shoppers: values.shoppers?.split(',').map((part) => positive('--shoppers', part)),
    seconds: positive('--seconds', values.seconds),
    warmup: positive('--warmup', values.warmup),
    method,
    hot: values.hot,
    home: values.home,
    json: values.json,
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${name}: ${text} is no positive number`);
  return number;
}
