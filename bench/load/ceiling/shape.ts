// The shape of this run's own orders, read from their histories: what the ceiling is built after.
import type { Stack } from '../../../src/local/stack-file.ts';
import type { TemporalClient } from '../../../src/platform/temporal.ts';
import { rowsOf, temporalOf } from '../../../test/support/backstage.ts';
import { WORKFLOW_IDS } from '../../../workflows/messages.ts';
import { localActivityOf } from '../../audit/history.ts';
import { percentile } from '../statistics.ts';
import type { BareShape } from './workflow.ts';

/** What an order is made of in Temporal: its activities as most of some orders have them, the rest as medians. */
export interface OrderShape extends BareShape {
  workflowTasks: number;
  events: number;
  /** Bytes of history. */
  bytes: number;
}

const ORDERS = 15;
const LOCAL_ACTIVITY_MARKER = 'core_local_activity';
/** The transactions that one call of this makes, where it is not one: the order, and its intent. */
const STEPS_OF: ReadonlyMap<string, number> = new Map([['placeWithIntent', 2]]);

/** Of the orders of one line that were paid last. @throws when there is none */
export async function shapeOfOrders(stack: Stack): Promise<OrderShape> {
  const text = `select id from orders where status = 'PAID'
    and (select count(*) from order_items where order_id = orders.id) = 1 order by placed_at desc limit $1`;
  const orders = await rowsOf<{ id: string }>(stack, text, ORDERS);
  if (orders.length === 0) throw new Error('no order is paid yet');
  const temporal = temporalOf(stack);
  try {
    const shapes = await Promise.all(orders.map(({ id }) => shapeOf(temporal, WORKFLOW_IDS.checkout(id))));
    const median = (part: 'workflowTasks' | 'events' | 'bytes'): number =>
      percentile(
        shapes.map((shape) => shape[part]),
        0.5,
      );
    return {
      ...mostCommon(shapes.map(({ before, after }) => ({ before, after }))),
      workflowTasks: median('workflowTasks'),
      events: median('events'),
      bytes: median('bytes'),
    };
  } finally {
    await temporal.close();
  }
}

async function shapeOf({ client }: TemporalClient, workflowId: string): Promise<OrderShape> {
  const handle = client.workflow.getHandle(workflowId);
  const [{ events }, { historySize }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  const all = events ?? [];
  const signal = all.findIndex(({ workflowExecutionSignaledEventAttributes: signaled }) => isThere(signaled));
  const stepsOf = (part: typeof all): number[] =>
    part.flatMap(({ markerRecordedEventAttributes: marker }) =>
      marker?.markerName === LOCAL_ACTIVITY_MARKER ? [STEPS_OF.get(localActivityOf(marker) ?? '') ?? 1] : [],
    );
  return {
    before: stepsOf(all.slice(0, signal)),
    after: stepsOf(all.slice(signal)),
    workflowTasks: all.filter(({ workflowTaskCompletedEventAttributes: task }) => isThere(task)).length,
    events: all.length,
    bytes: historySize ?? 0,
  };
}

function mostCommon(shapes: readonly BareShape[]): BareShape {
  const alike = Object.values(Object.groupBy(shapes, (shape) => JSON.stringify(shape)));
  const [first] = alike.toSorted((a, b) => (b?.length ?? 0) - (a?.length ?? 0));
  const [shape] = first ?? [];
  if (shape === undefined) throw new Error('no shape of nothing');
  return shape;
}

function isThere(attributes: object | null | undefined): boolean {
  return attributes !== null && attributes !== undefined;
}
