// Pantry: things that keep.
import { type DemoProduct, product, variant } from '../types.ts';

export const pantry: DemoProduct[] = [
  product({
    slug: 'morning-blend-coffee',
    title: 'Morning Blend Coffee',
    brand: 'Slow Roast',
    categorySlug: 'pantry',
    description:
      'Beans from two farms, roasted slowly on Tuesdays and sent on Wednesdays. Chocolate first, orange after, and no bitterness to hide with milk.',
    motif: 'packet',
    variants: [
      variant('COFFEE-250-BEANS', 1100, 160, { weight: '250 g', grind: 'Whole beans' }),
      variant('COFFEE-250-FILTER', 1100, 120, { weight: '250 g', grind: 'Filter' }),
      variant('COFFEE-1000-BEANS', 3800, 60, { weight: '1 kg', grind: 'Whole beans' }),
    ],
    faqs: [
      ['How fresh is it?', 'Roasted in the week in which it is sent; the date is on the bag.'],
      ['How long does it keep?', 'Three months closed. Open, drink it within four weeks.'],
    ],
  }),
  product({
    slug: 'smoked-earl-grey',
    title: 'Smoked Earl Grey',
    brand: 'Slow Roast',
    categorySlug: 'pantry',
    description:
      'Black tea dried over pine, with oil of bergamot from a single grove. For those who find the usual one a little polite.',
    motif: 'tin',
    variants: [
      variant('TEA-GREY-100', 1400, 140, { weight: '100 g' }),
      variant('TEA-GREY-250', 2900, 70, { weight: '250 g' }),
    ],
    faqs: [['How do I brew it?', 'Two teaspoons for a pot, water just off the boil, four minutes.']],
  }),
  product({
    slug: 'heather-honey',
    title: 'Heather Honey',
    brand: 'Hillside Bees',
    categorySlug: 'pantry',
    description:
      'Thick, amber and a little bitter, from hives that travel to the moor each August. Not heated, not blended; it sets in winter and that is how it should be.',
    motif: 'jar',
    variants: [
      variant('HONEY-250', 950, 180, { weight: '250 g' }),
      variant('HONEY-500', 1650, 110, { weight: '500 g' }),
    ],
    faqs: [['It has gone hard. Is it off?', 'No. Honey sets with time; warm water around the jar makes it run again.']],
  }),
  product({
    slug: 'seville-marmalade',
    title: 'Seville Marmalade',
    brand: 'Hillside Bees',
    categorySlug: 'pantry',
    description:
      'Cut by hand into strips that are too thick for some and exactly right for others. Less sugar than your aunt used, more orange than the law demands.',
    motif: 'jar',
    variants: [variant('MARMALADE-340', 850, 150, { weight: '340 g' })],
    faqs: [['Does it hold gelatine?', 'No: oranges, sugar, lemon juice and patience.']],
  }),
  product({
    slug: 'sea-salt-flakes',
    title: 'Sea Salt Flakes',
    brand: 'Saltmarsh',
    categorySlug: 'pantry',
    description:
      'Flakes raked by hand from shallow pans, dried by wind. They crunch, then vanish, and make a boiled egg worth sitting down for.',
    motif: 'tin',
    variants: [variant('SALT-125', 700, 240, { weight: '125 g' }), variant('SALT-500', 1900, 90, { weight: '500 g' })],
    faqs: [['Is it iodised?', 'No, nothing is added.']],
  }),
];
