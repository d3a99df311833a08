// What an error that nobody caught means to a client: a dependency that is away is 503 with Retry-After, all else is 500.
import { isNativeError } from 'node:util/types';
import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { HTTPException } from 'hono/http-exception';
import { Stripe } from 'stripe';
import { type ProblemCode, ProblemError, problem } from './problem.ts';

/**
 * Names the problem behind an error.
 * @returns the refusal to answer with; `internal_error` (with the error as its cause) when it is a fault of ours
 */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HTTPException) return fromHttpException(error);
  const reason = unavailableReason(error);
  return reason === null ? problem('internal_error', {}, error) : problem('unavailable', { detail: reason }, error);
}

/** The errors that Hono and its validators raise by themselves, by their status. */
const HTTP_EXCEPTIONS: Partial<Record<number, { code: ProblemCode; detail?: string }>> = {
  400: { code: 'malformed_json' },
  413: { code: 'payload_too_large' },
  415: { code: 'unsupported_media_type', detail: 'Send application/json.' },
};

function fromHttpException(error: HTTPException): ProblemError {
  const { code, ...details } = HTTP_EXCEPTIONS[error.status] ?? { code: 'internal_error' };
  return problem(code, details, error);
}

/** How deep wrapped errors are searched: Temporal and Stripe wrap once or twice. */
const MAX_CAUSES = 5;

function unavailableReason(error: unknown): string | null {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && isNativeError(current); depth += 1) {
    if (isStripeAway(current)) return 'The payment service does not answer.';
    if (isTemporalAway(current)) return 'The workflow service does not answer.';
    if (isDatabaseAway(current)) return 'The database does not answer.';
    if (CONNECTION_ERRORS.has(codeOf(current)) || isFailedConnect(current))
      return 'A service that this needs does not answer.';
    current = current.cause;
  }
  return null;
}

function isStripeAway(error: Error): boolean {
  const { StripeConnectionError, StripeAPIError, StripeRateLimitError } = Stripe.errors;
  return (
    error instanceof StripeConnectionError || error instanceof StripeAPIError || error instanceof StripeRateLimitError
  );
}

/** gRPC status codes (from its specification) that say "not now", not "never": cancelled, deadline, exhausted, aborted, unavailable. */
const PASSING_GRPC_CODES: ReadonlySet<number> = new Set([1, 4, 8, 10, 14]);
/** Those that a repeat cannot mend: invalid argument, out of range, unimplemented. */
const LASTING_GRPC_CODES: ReadonlySet<number> = new Set([3, 11, 12]);
/**
 * What passes and has a code that others have, too: a server that has just started knows no namespace yet, and a workflow whose
 * task has failed is tried again. The SDK names only the first, and neither where it comes from an update-with-start.
 * https://github.com/temporalio/api/blob/master/temporal/api/errordetails/v1/message.proto
 */
const PASSING_DETAILS = /temporal\.api\.errordetails\.v1\.(NamespaceNotFound|WorkflowNotReady)Failure/;
/** Where gRPC has an error's details: a protobuf, which writes the names of the messages in it in clear. */
const DETAILS = 'grpc-status-details-bin';

function isTemporalAway(error: Error): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof NamespaceNotFoundError) return true;
  if (isGrpcServiceError(error)) {
    const details = error.metadata.get(DETAILS);
    return PASSING_GRPC_CODES.has(error.code) || details.some((bytes) => PASSING_DETAILS.test(bytes.toString()));
  }
  if (!(error instanceof ServiceError)) return false;
  return !(isGrpcServiceError(error.cause) && LASTING_GRPC_CODES.has(error.cause.code));
}

/** Whatever the reason: that of a Unix socket whose server is just starting or busy is a missing file, or "try again". */
function isFailedConnect(error: Error): boolean {
  return 'syscall' in error && error.syscall === 'connect';
}

/** Operating system errors of a connection that was refused, lost or never made. */
const CONNECTION_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/**
 * SQLSTATEs that pass by themselves (PostgreSQL manual, appendix A): too many connections, deadlock, serialization,
 * lock or statement timeout, idle transaction ended, shutdown, crash recovery, starting up, read-only after a failover;
 * and a prepared statement that a migration has made stale, whose connection is not used again (platform/guarded-pool.ts).
 */
const PASSING_SQLSTATES = new Set([
  '53300',
  '40001',
  '40P01',
  '55P03',
  '57014',
  '25P03',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25006',
  '0A000',
]);
/** pg gives these two no code: its pool's and its client's own timeouts and a connection that broke in a query. */
const PG_MESSAGES =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error)/;

function isDatabaseAway(error: Error): boolean {
  const code = codeOf(error);
  return PASSING_SQLSTATES.has(code) || (code.startsWith('08') && code.length === 5) || PG_MESSAGES.test(error.message);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
