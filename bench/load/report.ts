// The figures of a run as a person reads them.
import type { Ceiling } from './ceiling/run.ts';
import type { OrderShape } from './ceiling/shape.ts';
import type { BareShape } from './ceiling/workflow.ts';
import type { Closing } from './closing.ts';
import type { Conditions } from './conditions.ts';
import type { Growth } from './growth.ts';
import type { Level } from './level.ts';
import type { Measured } from './measure.ts';
import type { Quantiles } from './statistics.ts';

const KIB = 1024;

export function conditionsBlock(conditions: Conditions): string {
  const { cores, cpu, memoryGb, processes, postgresSettings } = conditions;
  const settings = Object.entries(postgresSettings).map(([name, value]) => `${name}=${value}`);
  return block('Conditions', {
    machine: `${cores} cores (${cpu}), ${memoryGb} GB`,
    versions: `Node ${conditions.node}, PostgreSQL ${conditions.postgres}, Temporal ${conditions.temporal}`,
    PostgreSQL: settings.join(', '),
    processes: `${processes.api} API, ${processes.worker} worker; driver and servers on the same cores`,
    shoppers: 'follow their order by its stream of events from when they have paid until it is settled',
  });
}

/** The block of one level. */
export function levelBlock(level: Level): string {
  const { times, mails } = level;
  const parts = (['cart', 'submit', 'pay', 'settle'] as const).map((part) => `${part} ${one(times[part].p50)}`);
  const seconds = secondsOf(level);
  return block(level.title, {
    'orders/s': rate(level),
    'whole story': spread(times.story),
    'POST /orders': spread(times.submit),
    'parts, p50': `${parts.join(', ')} ms`,
    ...cost(level, 'order'),
    mails: `${one(mails.sent / seconds)}/s sent; ${mails.behind} behind at the end, all sent ${one(mails.drained)} s later`,
  });
}

/** The ceiling at one number of clients, and what the shop does of it. */
/** @param level the shop's, with as many shoppers as the ceiling has clients */
export function ceilingBlock(ceiling: Ceiling, level: Level): string {
  const { shape, clients } = ceiling;
  const byClock = percent(level.rate.median / ceiling.rate.median);
  const byCpu = percent(cpuSum(ceiling) / cpuSum(level));
  return block(
    `Ceiling: a bare workflow of ${stepsOf(shape)} steps, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
    {
      'stories/s': rate(ceiling),
      'whole story': spread(ceiling.times.story),
      'its answer': spread(ceiling.times.submit),
      ...cost(ceiling, 'story'),
      'the shop does': `${byClock} of it by the clock, ${byCpu} by CPU per story`,
    },
  );
}

export function shapeBlock(shape: OrderShape): string {
  const { before, after, workflowTasks, events, bytes } = shape;
  return block('An order in Temporal (medians of the last paid ones)', {
    shape: `${workflowTasks} workflow tasks, ${before.length} + ${after.length} local activities of ${stepsOf(shape)} steps, before and after the payment`,
    history: `${events} events, ${one(bytes / KIB)} KiB`,
  });
}

/** @returns for example `2 + 2` */
function stepsOf({ before, after }: BareShape): string {
  return [before, after].map((calls) => calls.reduce((sum, steps) => sum + steps, 0)).join(' + ');
}

export function growthBlock({ steps, filled, errors }: Growth): string {
  const lines = steps.map(({ wanted, orders, level, databases }) => {
    const sizes = Object.entries(databases).map(([name, mb]) => `${name} ${mb.toFixed(0)}`);
    const less = orders < wanted ? ` (${wanted} were wanted; the time for filling was over)` : '';
    const figures = `${one(level.rate.median)} orders/s, POST /orders p50 ${one(level.times.submit.p50)} ms`;
    return [`${orders}`, `${figures}; memory MB ${memory(level)}; databases MB ${sizes.join(', ')}${less}`] as const;
  });
  const filling = `${filled.done} orders placed to fill it; errors: ${failures(errors)}`;
  return block('Growth', { ...Object.fromEntries(lines), filling });
}

export function closingBlock({ orders, lines, broken }: Closing): string {
  const counts = Object.entries(orders).map(([status, count]) => `${status} ${count}`);
  const result = broken.length === 0 ? ['Nothing is broken.'] : broken.map((what) => `BROKEN ${what}`);
  return ['Audit', ...[`orders: ${counts.join(', ')}`, ...lines, ...result].map((line) => `  ${line}`), ''].join('\n');
}

function cost<Part extends string>(measured: Measured<Part>, unit: string): Record<string, string> {
  const { cpu, done, errors, databases } = measured;
  const sum = cpuSum(measured);
  const each = Object.entries(cpu.groups).map(([name, ms]) => `${name} ${ms === undefined ? '?' : one(ms / done)}`);
  const commits = Object.entries(databases.commits).map(([name, count]) => `${name} ${one(count)}`);
  return {
    errors: failures(errors),
    [`CPU ms/${unit}`]: `${each.join(', ')}; together ${one(sum)}, so a core has time for ${one(1000 / sum)}/s`,
    machine: `${percent(cpu.busy)} busy, ${percent(cpu.elsewhere)} with what is not part of this`,
    'memory MB': memory(measured),
    PostgreSQL: `transactions/${unit}: ${commits.join(', ')}; ${one(databases.wal / KIB)} KiB of log/${unit}`,
  };
}

/** Milliseconds of all processes per story. */
function cpuSum<Part extends string>({ cpu, done }: Measured<Part>): number {
  return Object.values(cpu.groups).reduce<number>((total, ms) => total + (ms ?? 0), 0) / done;
}

function memory({ memory: groups }: Pick<Level, 'memory'>): string {
  const each = Object.entries(groups).map(
    ([name, { megabytes, exact }]) => `${name} ${exact ? '' : '<'}${megabytes.toFixed(0)}`,
  );
  return each.join(', ');
}

function failures(errors: Record<string, number>): string {
  const each = Object.entries(errors).map(([what, count]) => `${count} x ${what}`);
  return each.length === 0 ? 'none' : each.join(', ');
}

function rate<Part extends string>(measured: Measured<Part>): string {
  const { median, low, high, mean } = measured.rate;
  const whole = `${measured.done} in ${one(secondsOf(measured))} s, mean ${one(mean)}`;
  return `${one(median)} (median of slices; ${one(low)} to ${one(high)}; ${whole})`;
}

function secondsOf({ from, until }: { from: number; until: number }): number {
  return (until - from) / 1000;
}

function spread({ p50, p95, p99 }: Quantiles): string {
  return `p50 ${one(p50)}, p95 ${one(p95)}, p99 ${one(p99)} ms`;
}

/** A dash for what nothing was measured of. */
function one(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '-';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(0)} %` : '-';
}

function block(title: string, lines: Record<string, string>): string {
  const width = Math.max(...Object.keys(lines).map((name) => name.length));
  return [title, ...Object.entries(lines).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`), ''].join('\n');
}
