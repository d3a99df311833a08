// What was asked, for those who look afterwards: the last requests to /v1, in memory.
export interface LoggedRequest {
  requestId: string;
  method: string;
  path: string;
  idempotencyKey: string | null;
  /** null when the connection was lost before anything was done. */
  status: number | null;
  replayed: boolean;
  fault: string | null;
}

export interface RequestLog {
  add(request: LoggedRequest): void;
  /** Oldest first; `at` is ISO 8601. */
  all(): (LoggedRequest & { at: string })[];
  clear(): void;
}

/** As many as a test or a bench wants to look back on, at about 200 bytes each. */
const KEPT = 10_000;
/** Old ones are dropped so many at a time, so that it costs next to nothing. */
const DROPPED_AT_ONCE = 1_000;

export function createRequestLog(clock: () => number): RequestLog {
  let requests: (LoggedRequest & { time: number })[] = [];
  return {
    add(request) {
      requests.push({ ...request, time: clock() });
      if (requests.length >= KEPT + DROPPED_AT_ONCE) requests.splice(0, DROPPED_AT_ONCE);
    },
    all: () => requests.slice(-KEPT).map(({ time, ...request }) => ({ at: new Date(time).toISOString(), ...request })),
    clear() {
      requests = [];
    },
  };
}
