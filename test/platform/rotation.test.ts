// Changing TOKEN_SECRET while the shop runs, process by process: the new secret goes last, everywhere, and then to the front.
import { describe, expect, test } from '@jest/globals';
import { accessToken, readAccessToken } from '../../src/platform/auth.ts';
import { seal, unseal } from '../../src/platform/sealing.ts';
import { orderToken, verifyOrderToken } from '../../src/platform/tokens.ts';

const ID = '01960000-0000-7000-8000-000000000001';
const [NOW, LATER] = [new Date('2026-11-20T12:00:00Z'), new Date('2026-11-20T12:15:00Z')];
const [OLD, NEW] = ['the-old-secret-that-is-long-enough-for-it', 'the-new-secret-that-is-long-enough-for-it'];

/** Whether a process with these secrets takes what one with those has made. */
const KINDS: [string, (made: string[], taken: string[]) => boolean][] = [
  ['an access token', (made, taken) => readAccessToken(taken, accessToken(made, ID, LATER), NOW) === ID],
  ["a guest's order token", (made, taken) => verifyOrderToken(taken, ID, orderToken(made, ID))],
  ['a sealed mail', (made, taken) => unseal(taken, 'mails', ID, seal(made, 'mails', ID, 'text')) === 'text'],
];

/** What processes are started with, one step of the change after the other. */
const STEPS = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]];

describe.each(KINDS)('%s', (_kind, takes) => {
  test('holds between any two processes while one step is rolled out', () => {
    for (const [at, before] of STEPS.slice(0, 3).entries()) {
      const after = STEPS[at + 1] ?? before;
      // With the last step the old secret goes: what is left of it is over by then.
      const pairs =
        at === 2
          ? [[after, before]]
          : [
              [before, after],
              [after, before],
            ];
      for (const [made = [], taken = []] of pairs)
        expect([made, taken, takes(made, taken)]).toEqual([made, taken, true]);
    }
  });

  test('does not when the new secret is put in front at once: a process that has not restarted refuses it', () => {
    expect(takes([NEW, OLD], [OLD])).toBe(false);
    expect(takes([OLD], [NEW, OLD])).toBe(true);
  });

  test('ends with its secret', () => {
    expect(takes([OLD], [NEW])).toBe(false);
  });
});
