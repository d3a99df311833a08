// What this process counts, in Prometheus' format: the runtime's own figures, requests by route, and the database pool.
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. From a cached read to the request timeout. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/** The state of a connection pool at this moment. */
export type PoolState = { totalCount: number; idleCount: number; waitingCount: number };

export interface Metrics {
  /** Counts one answered request. `route` is the pattern (`/api/v1/products/{id}`), never the path: ids would be endless. */
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** Everything as text for a Prometheus scrape. */
  text(): Promise<string>;
  contentType: string;
}

/** Metrics of one process. `pool` gives the database pool's state when it is asked for. */
export function createMetrics({ pool }: { pool?: () => PoolState } = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  if (pool) addPoolGauges(registry, pool);
  return {
    observeRequest: ({ method, route, status, seconds }) => duration.observe({ method, route, status }, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function addPoolGauges(registry: Registry, pool: () => PoolState): void {
  const gauges: [string, string, (state: PoolState) => number][] = [
    ['database_pool_connections', 'Open connections', (state) => state.totalCount],
    ['database_pool_idle', 'Connections without work', (state) => state.idleCount],
    ['database_pool_waiting', 'Callers that wait for a connection', (state) => state.waitingCount],
  ];
  for (const [name, help, read] of gauges) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read(pool())) });
  }
}
