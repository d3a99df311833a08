// Stationery: paper, and what goes on it.
import { type DemoProduct, product, variant } from '../types.ts';

/** So many that no test and no measurement can buy them all. */
const PLENTY = 1_000_000;

export const stationery: DemoProduct[] = [
  product({
    slug: 'dot-grid-notebook',
    title: 'Dot Grid Notebook',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'A hundred and sixty numbered pages that lie flat, on paper that forgives fountain pens. The dots are pale enough to vanish behind a drawing.',
    motif: 'notebook',
    variants: [
      variant('NOTEBOOK-A5-PLUM', 1600, 200, { format: 'A5', color: 'Plum' }),
      variant('NOTEBOOK-A5-PINE', 1600, 200, { format: 'A5', color: 'Pine' }),
      variant('NOTEBOOK-A4-PINE', 2300, 100, { format: 'A4', color: 'Pine' }),
    ],
    faqs: [['Does ink show through?', 'Hardly: the paper weighs 100 grams a square metre.']],
  }),
  product({
    slug: 'brass-ballpoint',
    title: 'Brass Ballpoint',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'Turned from a single bar of brass, with a click you can hear across a meeting. It takes any standard refill and turns golden brown where you hold it.',
    motif: 'pen',
    variants: [variant('PEN-BRASS', 3400, 110)],
    faqs: [['Which refill does it take?', 'The common G2 format, which every stationer keeps.']],
  }),
  product({
    slug: 'letter-writing-set',
    title: 'Letter Writing Set',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'Twenty sheets and twenty lined envelopes of cotton paper, in a box that later keeps the answers. For what should not be said in a chat window.',
    motif: 'cards',
    variants: [
      variant('LETTERS-IVORY', 2600, 70, { color: 'Ivory' }),
      variant('LETTERS-DUSK', 2600, 55, { color: 'Dusk' }),
    ],
    faqs: [
      ['Can I have it printed with my name?', 'Not yet. We are looking for a press that is small enough to care.'],
    ],
  }),
  product({
    slug: 'lighthouse-postcard',
    title: 'Lighthouse Postcard',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'A lithograph of a lighthouse in a storm, printed in two colours on thick card. We printed a million by mistake, so there will always be one for you.',
    motif: 'cards',
    variants: [variant('BULK', 1200, PLENTY)],
    faqs: [['Is there really a million?', 'There was. You may help us count.']],
  }),
  product({
    slug: 'wax-crayon',
    title: 'Artist Wax Crayon',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'Beeswax and pure pigment in a paper sleeve. It draws on paper, wood and glass, blends under a finger, and comes in twenty colours sold one by one.',
    motif: 'pen',
    variants: [
      'Chalk',
      'Straw',
      'Lemon',
      'Saffron',
      'Apricot',
      'Brick',
      'Poppy',
      'Rose',
      'Plum',
      'Violet',
      'Indigo',
      'Cobalt',
      'Sky',
      'Teal',
      'Pine',
      'Moss',
      'Olive',
      'Umber',
      'Slate',
      'Soot',
    ].map((color, index) => variant(`BULK-${String(index + 1).padStart(2, '0')}`, 900, PLENTY, { color })),
    faqs: [['Is it safe for children?', 'Yes. The pigments hold no heavy metals, and beeswax tastes of nothing much.']],
  }),
  product({
    slug: 'night-sky-atlas',
    title: 'Night Sky Atlas, First Edition',
    brand: 'Margin',
    categorySlug: 'stationery',
    description:
      'Forty-eight engraved star charts in a cloth binding, numbered and signed. The edition was three hundred; a single copy is left, found behind a shelf.',
    motif: 'book',
    variants: [variant('LAST-ONE', 12500, 1)],
    faqs: [['Will there be another edition?', 'No. The plates were lent back to the observatory.']],
  }),
];
