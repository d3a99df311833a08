// Loaded into every Node process of a shop under test (`NODE_OPTIONS=--import`); it acts in workers only. There each activity
// asks the barrier server before it begins, and again when its effect is done and its answer has not left yet.
import { isMainThread } from 'node:worker_threads';

const server = process.env.BARRIERS_URL;

if (server !== undefined && isMainThread && process.argv[2] === 'worker') {
  const { Worker } = await import('@temporalio/worker');
  const create = Worker.create.bind(Worker);
  Worker.create = async ({ activities = {}, ...options }) => {
    await tell(server, { steps: Object.keys(activities) });
    return create({ ...options, activities: withBarriers(server, activities) });
  };
}

function withBarriers(url: string, activities: object): object {
  const wrapped = Object.entries(activities).map(([step, activity]: [string, unknown]) => {
    if (typeof activity !== 'function') throw new TypeError(`${step} is no activity`);
    const run = async (...args: unknown[]): Promise<unknown> => {
      await tell(url, { step, side: 'before', args });
      const answer: unknown = await Reflect.apply(activity, undefined, args);
      await tell(url, { step, side: 'after', args });
      return answer;
    };
    return [step, run];
  });
  return Object.fromEntries(wrapped);
}

/** Returns when the server lets it pass, or is gone. */
async function tell(url: string, what: object): Promise<void> {
  await fetch(url, { method: 'POST', body: JSON.stringify(what) }).catch(() => undefined);
}
