// The knobs of the simulator and of the inbox. Either may just have been killed: a call is repeated until it is obeyed.
import { setTimeout } from 'node:timers/promises';
import type { Stack } from '../../src/local/stack-file.ts';
import type { StripeFault } from './schedule.ts';

export interface Controls {
  holdWebhooks(): Promise<void>;
  releaseWebhooks(how: { order: 'fifo' | 'lifo' | 'random'; duplicates: number }): Promise<void>;
  /** Loses the next so many events for ever; 0 ends it. @returns how many of those asked for before were not lost */
  dropWebhooks(events: number): Promise<number>;
  stripeFault(fault: StripeFault): Promise<void>;
  mailFault(fault: { kind: 'refuse' | 'slow'; times: number; ms: number }): Promise<void>;
  /** Everything works again; what was held is delivered, what was dropped stays so. @returns as `dropWebhooks` */
  clear(): Promise<number>;
}

/** A part that was killed is back long before. */
const OBEYED_WITHIN_MS = 90_000;
const ANSWER_WITHIN_MS = 12_000;
const AGAIN_MS = 200;

export function openControls({ stripe, inbox }: Stack, stop: AbortSignal): Controls {
  async function order<Answer>(url: string, body: object): Promise<Answer> {
    const deadline = Date.now() + OBEYED_WITHIN_MS;
    for (;;) {
      const answer = await post<Answer>(url, body, stop);
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) throw new Error(`${url} has not taken ${JSON.stringify(body)}`);
      await setTimeout(AGAIN_MS, undefined, { signal: stop });
    }
  }
  const webhooks = (body: object) => order<{ drop: number }>(`${stripe}/_sim/webhooks`, body);
  const drop = async (events: number): Promise<number> => {
    const before = await webhooks({});
    await webhooks({ drop: events });
    return before.drop;
  };
  const mail = async (body: object): Promise<void> => {
    if (inbox !== null) await order(`${inbox}/_inbox/faults`, body);
  };
  return {
    holdWebhooks: async () => void (await webhooks({ hold: true })),
    releaseWebhooks: async (how) => void (await webhooks({ hold: false, ...how })),
    dropWebhooks: drop,
    stripeFault: async (fault) => void (await order(`${stripe}/_sim/faults`, fault)),
    mailFault: mail,
    clear: async () => {
      await order(`${stripe}/_sim/faults`, { clear: true });
      await webhooks({ hold: false });
      await mail({ times: 0 });
      return drop(0);
    },
  };
}

/** The answer; undefined when there was none, or the part could not do it. @throws when it says that the order is wrong */
async function post<Answer>(url: string, body: object, stop: AbortSignal): Promise<Answer | undefined> {
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN_MS), stop]);
    const headers = { 'Content-Type': 'application/json' };
    response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
    text = await response.text();
  } catch {
    stop.throwIfAborted();
    return undefined;
  }
  if (response.ok) return JSON.parse(text);
  if (response.status < 500) throw new Error(`${url} refuses ${JSON.stringify(body)}: ${text}`);
  return undefined;
}
