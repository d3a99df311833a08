// Clothing: shirts and jumpers, coats, and what is worn at the ends.
import { type DemoProduct, product, sizes, variant } from '../types.ts';

export const clothing: DemoProduct[] = [
  product({
    slug: 'washed-linen-shirt',
    title: 'Washed Linen Shirt',
    brand: 'Northfold',
    categorySlug: 'tops',
    description:
      'A relaxed shirt of European linen, washed twice so that it is soft from the first day. It breathes in July, layers in October, and looks better the less you iron it.',
    motif: 'shirt',
    variants: [
      ...sizes('SHIRT-LINEN-SAND', 6900, [40, 80, 80, 50, 20], { color: 'Sand' }),
      ...sizes('SHIRT-LINEN-INDIGO', 6900, [40, 80, 80, 50, 20], { color: 'Indigo' }),
    ],
    faqs: [
      ['Does it shrink?', 'Hardly: it was washed before it was sewn. Wash it at 30 degrees and dry it on a line.'],
      ['How does it fit?', 'Loosely. Between two sizes, take the smaller one.'],
    ],
  }),
  product({
    slug: 'everyday-t-shirt',
    title: 'Everyday T-Shirt',
    brand: 'Northfold',
    categorySlug: 'tops',
    description:
      'Heavy organic cotton, a collar that keeps its shape and no print at all. The shirt under everything else, made to be worn until you forget when you bought it.',
    motif: 'shirt',
    variants: [
      ...sizes('TEE-WHITE', 2400, [100, 200, 200, 100, 60], { color: 'White' }),
      ...sizes('TEE-BLACK', 2400, [100, 200, 200, 100, 60], { color: 'Black' }),
    ],
    faqs: [['Is it see-through?', 'No. The cotton weighs 220 grams a square metre, the white one included.']],
  }),
  product({
    slug: 'harbour-jumper',
    title: 'Harbour Jumper',
    brand: 'Saltmarsh',
    categorySlug: 'tops',
    description:
      'Knitted in the round from undyed wool, with sleeves you can push up and a hem that stays down. Warm when it is wet, and too good to keep for the boat.',
    motif: 'jumper',
    variants: sizes('JUMPER-HARBOUR', 11800, [20, 30, 30, 20, 12]),
    faqs: [
      ['Does the wool itch?', 'A little at first, on bare skin. After a few wears it softens.'],
      ['How do I wash it?', 'By hand in cool water, or not at all: airing it overnight is usually enough.'],
    ],
  }),
  product({
    slug: 'rain-shell-jacket',
    title: 'Rain Shell Jacket',
    brand: 'Fellside',
    categorySlug: 'outerwear',
    description:
      'Three layers, taped seams and a hood that turns with your head. It weighs less than an apple a pocket, packs into itself, and has kept its wearers dry from Bergen to the bus stop.',
    motif: 'jacket',
    variants: [
      ...sizes('SHELL-MOSS', 18900, [15, 25, 25, 20, 10], { color: 'Moss' }),
      ...sizes('SHELL-RUST', 18900, [15, 25, 25, 20, 10], { color: 'Rust' }),
    ],
    faqs: [
      ['Is it waterproof or water-resistant?', 'Waterproof: its fabric holds a water column of 20 metres.'],
      ['Can I repair it?', 'Yes. A patch of the same fabric comes with it, and we send more for nothing.'],
    ],
  }),
  product({
    slug: 'waxed-field-coat',
    title: 'Waxed Field Coat',
    brand: 'Fellside',
    categorySlug: 'outerwear',
    description:
      'Waxed cotton with a corduroy collar and pockets deep enough for gloves, a map and half a loaf. It creases, fades and remembers where you have been.',
    motif: 'jacket',
    variants: sizes('COAT-WAXED', 24500, [10, 16, 16, 12, 10]),
    faqs: [['How often must it be waxed?', 'Once a year, before autumn. A tin of wax comes with it.']],
  }),
  product({
    slug: 'ribbed-beanie',
    title: 'Ribbed Beanie',
    brand: 'Saltmarsh',
    categorySlug: 'clothing',
    description:
      'Merino wool, double at the ears, with a bobble that comes off for funerals and job interviews. One size that fits most heads, because wool is patient.',
    motif: 'beanie',
    variants: [
      variant('BEANIE-GREY', 2900, 120, { color: 'Grey' }),
      variant('BEANIE-OCHRE', 2900, 90, { color: 'Ochre' }),
    ],
    faqs: [['Does it fit a large head?', 'Up to 62 cm around without pressing.']],
  }),
  product({
    slug: 'walking-socks',
    title: 'Walking Socks, Two Pairs',
    brand: 'Saltmarsh',
    categorySlug: 'clothing',
    description:
      'Thick where boots rub, thin where feet breathe, and different enough, left from right, that you will never wonder. Two pairs: one to wear, one on the line.',
    motif: 'socks',
    variants: [
      variant('SOCKS-S', 1900, 150, { size: 'S' }),
      variant('SOCKS-M', 1900, 220, { size: 'M' }),
      variant('SOCKS-L', 1900, 180, { size: 'L' }),
    ],
    faqs: [['Which size is mine?', 'S is 36 to 38, M is 39 to 42, L is 43 to 46 (European shoe sizes).']],
  }),
];
