// Rows by id, in the order of their making, with an optional second way in; every call of the hot path is O(1).

export interface Table<T extends { id: string }> {
  get(id: string): T | undefined;
  put(row: T): void;
  remove(id: string): void;
  clear(): void;
  /** Oldest first. */
  all(): IterableIterator<T>;
  /** Newest first; from just before (older than) the row `from` when it is given. */
  backward(from?: string): Generator<T>;
  /** From just after (newer than) the row `from`, oldest first. */
  forward(from: string): Generator<T>;
  /** The rows whose group is `group`, oldest first. */
  inGroup(group: string): T[];
  size(): number;
}

/** Removed rows leave holes in the order of making; above this many holes, when they are the most of it, it is closed up. */
const HOLES_WORTH_CLOSING = 1_000;

/** @param groupOf the second way in: the group that a row belongs to for ever, such as the intent of a refund */
export function createTable<T extends { id: string }>(groupOf: (row: T) => string | null = () => null): Table<T> {
  const rows = new Map<string, { row: T; position: number }>();
  const groups = new Map<string, Set<string>>();
  let order: (string | undefined)[] = [];

  function* walk(start: number, step: 1 | -1): Generator<T> {
    for (let at = start; at >= 0 && at < order.length; at += step) {
      const id = order[at];
      const found = id === undefined ? undefined : rows.get(id);
      if (found !== undefined) yield found.row;
    }
  }

  function closeHoles(): void {
    if (order.length - rows.size < HOLES_WORTH_CLOSING || order.length < rows.size * 2) return;
    order = [...rows.keys()];
    let position = 0;
    for (const entry of rows.values()) entry.position = position++;
  }

  return {
    get: (id) => rows.get(id)?.row,
    put(row) {
      const known = rows.get(row.id);
      if (known !== undefined) {
        known.row = row;
        return;
      }
      rows.set(row.id, { row, position: order.length });
      order.push(row.id);
      const group = groupOf(row);
      if (group === null) return;
      const members = groups.get(group);
      if (members === undefined) groups.set(group, new Set([row.id]));
      else members.add(row.id);
    },
    remove(id) {
      const found = rows.get(id);
      if (found === undefined) return;
      rows.delete(id);
      order[found.position] = undefined;
      const group = groupOf(found.row);
      const members = group === null ? undefined : groups.get(group);
      members?.delete(id);
      if (group !== null && members?.size === 0) groups.delete(group);
      closeHoles();
    },
    clear() {
      rows.clear();
      groups.clear();
      order = [];
    },
    *all() {
      for (const entry of rows.values()) yield entry.row;
    },
    backward: (from) => walk(from === undefined ? order.length - 1 : (rows.get(from)?.position ?? 0) - 1, -1),
    forward: (from) => walk((rows.get(from)?.position ?? order.length) + 1, 1),
    inGroup: (group) => [...(groups.get(group) ?? [])].flatMap((id) => rows.get(id)?.row ?? []),
    size: () => rows.size,
  };
}
