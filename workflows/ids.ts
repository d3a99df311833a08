// Ids that a workflow makes: UUIDv7 (RFC 9562) of its own time and its own randomness, so that a replay makes the same ones.
import { uuid4 } from '@temporalio/workflow';

export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid4().slice(15)}`;
}
