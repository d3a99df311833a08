// The history of a workflow, readable: its events with their times, what was called, and what failed.
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { at, text } from './fields.ts';

/** Longer ones are the watches', which tell no order's story. */
const MOST_EVENTS = 200;

/** One line an event. */
export async function historyOf(client: Client, workflowId: string, runId: string): Promise<string[]> {
  try {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return (events ?? []).slice(0, MOST_EVENTS).map(lineOf);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return ['it is gone'];
    throw error;
  }
}

function lineOf(event: object): string {
  const name = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? 'unknown';
  const attributes: unknown = Reflect.get(event, name);
  const milliseconds = Number(at(event, 'eventTime', 'seconds')) * 1e3 + Number(at(event, 'eventTime', 'nanos')) / 1e6;
  const said = [...subjectsOf(attributes), ...failuresOf(attributes)].join(', ');
  const kind = name.replace(/EventAttributes$/, '').replace(/^workflowExecution/, 'workflow');
  return `${String(at(event, 'eventId'))} ${new Date(milliseconds).toISOString()} ${kind}${said === '' ? '' : `: ${said}`}`;
}

/** What the event is about: an activity, a signal, an update, a child, a timer. Local activities are in markers. */
function subjectsOf(attributes: unknown): string[] {
  const names = [
    at(attributes, 'activityType', 'name'),
    at(attributes, 'signalName'),
    at(attributes, 'acceptedRequest', 'input', 'name'),
    at(attributes, 'workflowType', 'name'),
    at(attributes, 'workflowExecution', 'workflowId'),
    at(attributes, 'timerId'),
    localActivityOf(attributes),
  ];
  return names.flatMap((name) => text(name) ?? []);
}

/** The name of the local activity that a marker records; of any other marker its own. */
export function localActivityOf(attributes: unknown): string | null {
  const data = at(attributes, 'details', 'data', 'payloads', '0', 'data');
  if (!(data instanceof Uint8Array)) return text(at(attributes, 'markerName'));
  return text(at(JSON.parse(Buffer.from(data).toString()), 'activity_type'));
}

function failuresOf(attributes: unknown): string[] {
  const messages: string[] = [];
  let failure = at(attributes, 'failure') ?? at(attributes, 'outcome', 'failure');
  while (failure !== undefined && failure !== null) {
    messages.push(`failed: ${text(at(failure, 'message')) ?? ''}`);
    failure = at(failure, 'cause');
  }
  return messages;
}
