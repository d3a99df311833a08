// All checks, in the order in which they are told. P9 is not among them: it replays histories and asks no table.
import type { Chapter } from '../check.ts';
import { P5 } from './ends.ts';
import { MAILS } from './mails.ts';
import { P4 } from './money.ts';
import { EVENTS, P1 } from './orders.ts';
import { P6, P7, P8, P10 } from './promises.ts';
import { P2, P3 } from './stock.ts';

export const CHAPTERS: readonly Chapter[] = [P1, P2, P3, P4, P5, P6, P7, P8, P10, MAILS, EVENTS];

/** The names of all that is checked, with the one that is not a statement. */
export const CHECK_NAMES: readonly string[] = [
  ...CHAPTERS.flatMap(({ checks }) => checks.map(({ name }) => name)),
  'p9_replay_refused',
];
