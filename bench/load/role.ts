// What `npm run bench` runs as in its other processes: `node role.ts NAME PLAN`, the plan as JSON. A program of its own, so that
// a driver, whose cost is measured, loads nothing but what drives.
const roles: Record<string, (plan: string) => Promise<void>> = {
  shoppers: async (plan) => (await import('./shoppers.ts')).shop(JSON.parse(plan)),
  'ceiling-worker': async (plan) => (await import('./ceiling/worker.ts')).workCeiling(JSON.parse(plan)),
  'ceiling-clients': async (plan) => (await import('./ceiling/clients.ts')).driveCeiling(JSON.parse(plan)),
};

const [name = '', plan = ''] = process.argv.slice(2);
const play = roles[name];
if (play === undefined) throw new Error(`no role is named ${name}`);
await play(plan);
