// What was asked, for those who look afterwards: the last requests to /v1, in memory.
export interface LoggedRequest {
  requestId: string;
  method: string;
  path: string;
  /** As they came, before they were checked; a client secret is not shown. */
  params: Record<string, unknown>;
  idempotencyKey: string | null;
  /** null while it is under way, and when the connection was lost before anything was done. */
  status: number | null;
  replayed: boolean;
  fault: string | null;
}

export interface RequestLog {
  /** In the order of arrival. What becomes of the request is written into the same object afterwards. */
  add(request: LoggedRequest): void;
  /** Oldest first; `at` is ISO 8601. */
  all(): (LoggedRequest & { at: string })[];
  clear(): void;
}

/** As many as a test or a bench wants to look back on, at less than a kilobyte each. */
const KEPT = 10_000;
/** Old ones are dropped so many at a time, so that it costs next to nothing. */
const DROPPED_AT_ONCE = 1_000;

export function createRequestLog(clock: () => number): RequestLog {
  let requests: { time: number; request: LoggedRequest }[] = [];
  return {
    add(request) {
      requests.push({ time: clock(), request });
      if (requests.length >= KEPT + DROPPED_AT_ONCE) requests.splice(0, DROPPED_AT_ONCE);
    },
    all: () =>
      requests.slice(-KEPT).map(({ time, request }) => ({
        at: new Date(time).toISOString(),
        ...request,
        params: withoutSecret(request.params),
      })),
    clear() {
      requests = [];
    },
  };
}

function withoutSecret(params: Record<string, unknown>): Record<string, unknown> {
  return 'client_secret' in params ? { ...params, client_secret: '[redacted]' } : params;
}
