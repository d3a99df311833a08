// The tree of categories.
import { expect, test } from '@jest/globals';
import { categoryTree } from '../../src/catalog/rules.ts';

const row = (id: string, parentId: string | null) => ({ id, parentId, slug: id, name: id });

test('every category stands under its parent, in the order of the rows, wherever the parent comes', () => {
  const { roots } = categoryTree([
    row('leaf', 'branch'),
    row('b', null),
    row('branch', 'a'),
    row('a', null),
    row('twig', 'branch'),
  ]);
  expect(roots.map((node) => node.id)).toEqual(['b', 'a']);
  expect(roots[1]?.children.map((node) => node.children.map((child) => child.id))).toEqual([['leaf', 'twig']]);
});

test('any category is found with all below it', () => {
  const { nodes } = categoryTree([row('a', null), row('branch', 'a'), row('leaf', 'branch')]);
  expect(nodes.get('branch')).toMatchObject({ children: [{ id: 'leaf' }] });
});

test('a category whose parent is not there is a root', () => {
  expect(categoryTree([row('orphan', 'gone')]).roots.map((node) => node.id)).toEqual(['orphan']);
});
