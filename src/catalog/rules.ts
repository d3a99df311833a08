// Pure rules of the catalog: how categories make a tree.

export interface CategoryRow {
  id: string;
  slug: string;
  name: string;
  parentId: string | null;
}

export interface CategoryNode extends CategoryRow {
  children: CategoryNode[];
}

/** Builds the tree from rows in their order. @returns every node by its id, and the roots */
export function categoryTree(rows: readonly CategoryRow[]): {
  roots: CategoryNode[];
  nodes: Map<string, CategoryNode>;
} {
  const nodes = new Map(rows.map((row) => [row.id, { ...row, children: [] as CategoryNode[] }]));
  const roots: CategoryNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.parentId === null ? undefined : nodes.get(node.parentId);
    (parent?.children ?? roots).push(node);
  }
  return { roots, nodes };
}
