// The figures of a run as a person reads them.
import type { Level } from './level.ts';
import type { Quantiles } from './statistics.ts';
import { READ_PAUSE_MS } from './story.ts';

/** The block of one level. */
export function levelBlock(level: Level): string {
  const { title, rate, times, errors, done, cpu, memory, mails } = level;
  const perOrder = Object.entries(cpu.groups).map(([name, ms]) => `${name} ${ms === undefined ? '?' : one(ms / done)}`);
  const sum = Object.values(cpu.groups).reduce<number>((total, ms) => total + (ms ?? 0), 0);
  const megabytes = Object.entries(memory).map(
    ([name, { megabytes: mb, exact }]) => `${name} ${exact ? '' : '<'}${mb.toFixed(0)}`,
  );
  const seconds = (level.until - level.from) / 1000;
  const failures = Object.entries(errors).map(([what, count]) => `${count} x ${what}`);
  return [
    title,
    `  orders/s       ${one(rate.median)} (median of slices; ${one(rate.low)} to ${one(rate.high)}; mean ${one(rate.mean)}; ${done} in ${one(seconds)} s)`,
    `  whole story    ${spread(times.story)} ms`,
    `  POST /orders   ${spread(times.submit)} ms`,
    `  parts (p50)    cart ${one(times.cart.p50)}, submit ${one(times.submit.p50)}, pay ${one(times.pay.p50)}, until settled ${one(times.settle.p50)} ms (${one(times.reads.p50)} reads, ${READ_PAUSE_MS} ms apart)`,
    `  errors         ${failures.length === 0 ? 'none' : failures.join(', ')}`,
    `  CPU ms/order   ${perOrder.join(', ')}; together ${one(sum / done)}`,
    `  machine        ${percent(cpu.busy)} busy, ${percent(cpu.elsewhere)} with what is not part of this`,
    `  memory MB      ${megabytes.join(', ')}`,
    `  mails          ${one(mails.sent / seconds)}/s sent; ${mails.behind} behind at the end, all sent ${one(mails.drained)} s later`,
  ].join('\n');
}

function spread({ p50, p95, p99 }: Quantiles): string {
  return `p50 ${one(p50)}, p95 ${one(p95)}, p99 ${one(p99)}`;
}

function one(value: number): string {
  return value.toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
