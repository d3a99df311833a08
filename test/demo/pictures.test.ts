// Pictures are drawn, not stored: they must come out the same each time, differ, and be nothing but shapes.
import { describe, expect, test } from '@jest/globals';
import { demoProducts } from '../../src/demo/catalog.ts';
import { drawDetail, drawWhole } from '../../src/demo/pictures.ts';

const pictures = demoProducts.flatMap(({ images }) => images);

describe('demo pictures', () => {
  test('the same product is drawn the same every time', () => {
    expect(drawWhole('a-mug', 'mug')).toEqual(drawWhole('a-mug', 'mug'));
    expect(drawDetail('a-mug', 'mug')).toEqual(drawDetail('a-mug', 'mug'));
  });

  test('no two pictures of the shop are alike', () => {
    expect(new Set(pictures.map(({ svg }) => svg)).size).toBe(pictures.length);
  });

  test('a picture states its own size', () => {
    for (const { svg, width, height } of pictures) expect(svg).toContain(`width="${width}" height="${height}"`);
  });

  test('a picture holds shapes only: no text, no script, no link, whatever the product is called', () => {
    const hostile = drawWhole('"><script>alert(1)</script>', 'mug').svg + drawDetail("' onload='x", 'mug').svg;
    const elements = [hostile, ...pictures.map(({ svg }) => svg)].flatMap((svg) => [
      ...svg.matchAll(/<\/?([^\s>/]+)/g),
    ]);
    expect(new Set(elements.map(([, name]) => name))).toEqual(new Set(['svg', 'g', 'path', 'circle', 'ellipse']));
    expect(hostile).not.toMatch(/alert|onload|href/);
  });

  test('a picture is well formed and small', () => {
    for (const { svg } of pictures) {
      expect(svg.replaceAll(/<(path|circle|ellipse) [^<>]*\/>/g, '')).toMatch(
        /^<svg [^<>]*>(<g [^<>]*><\/g>)?<\/svg>$/,
      );
      expect(svg.length).toBeLessThan(4096);
    }
  });
});
