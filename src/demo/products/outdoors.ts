// Outdoors: for a night out, or at least an afternoon.
import { type DemoProduct, product, variant } from '../types.ts';

export const outdoors: DemoProduct[] = [
  product({
    slug: 'two-person-tent',
    title: 'Two-Person Tent',
    brand: 'Fellside',
    categorySlug: 'outdoors',
    description:
      'Up in four minutes, down in three, and quiet in the wind. Two doors, so that nobody climbs over anybody, and a porch that is large enough to cook in.',
    motif: 'tent',
    variants: [
      variant('TENT-2-MOSS', 32900, 18, { color: 'Moss' }),
      variant('TENT-2-SAND', 32900, 14, { color: 'Sand' }),
    ],
    faqs: [
      ['What does it weigh?', '1.9 kg with poles, pegs and the bag.'],
      ['Is the groundsheet included?', 'Yes, sewn in.'],
    ],
  }),
  product({
    slug: 'storm-lantern',
    title: 'Storm Lantern',
    brand: 'Fellside',
    categorySlug: 'outdoors',
    description:
      'A warm light that runs for forty hours and charges by a crank when the forecast was wrong. Hang it in the tent, or keep it by the fuse box.',
    motif: 'lantern',
    variants: [variant('LANTERN', 4400, 65)],
    faqs: [['How long must I crank?', 'A minute gives ten minutes of reading light.']],
  }),
  product({
    slug: 'steel-flask',
    title: 'Steel Flask',
    brand: 'Fellside',
    categorySlug: 'outdoors',
    description:
      'Two walls of steel and nothing between them. Tea stays hot until supper, water stays cold until the summit, and the lid is a cup.',
    motif: 'bottle',
    variants: [
      variant('FLASK-500', 2800, 130, { volume: '500 ml' }),
      variant('FLASK-1000', 3800, 90, { volume: '1 l' }),
    ],
    faqs: [['How long does it stay hot?', 'Twelve hours above 60 degrees, if you do not keep looking.']],
  }),
  product({
    slug: 'picnic-blanket',
    title: 'Picnic Blanket',
    brand: 'Saltmarsh',
    categorySlug: 'outdoors',
    description:
      'Recycled wool above, waxed cotton below, leather straps around. Large enough for four people and a disagreement about the last tart.',
    motif: 'blanket',
    variants: [
      variant('BLANKET-BERRY', 7900, 40, { color: 'Berry' }),
      variant('BLANKET-FERN', 7900, 40, { color: 'Fern' }),
    ],
    faqs: [['How large is it?', '150 by 200 cm.']],
  }),
  product({
    slug: 'canvas-day-bag',
    title: 'Canvas Day Bag',
    brand: 'Northfold',
    categorySlug: 'outdoors',
    description:
      'A bag of heavy canvas with a sleeve for a laptop and a pocket for wet things. It stands up by itself, which is more than most of us manage on a Monday.',
    motif: 'bag',
    variants: [
      variant('BAG-DAY-NAVY', 8500, 60, { color: 'Navy' }),
      variant('BAG-DAY-CLAY', 8500, 45, { color: 'Clay' }),
    ],
    faqs: [['Which laptop fits?', 'Up to 15 inches.']],
  }),
  product({
    slug: 'brass-field-compass',
    title: 'Brass Field Compass',
    brand: 'Fellside',
    categorySlug: 'outdoors',
    description:
      'A lidded compass of solid brass, damped in oil and true to half a degree. The maker has one pair of hands and a long list; the next ones come when they come.',
    motif: 'compass',
    variants: [variant('SOLD-OUT', 9600, 0)],
    faqs: [['When will it be back?', 'The maker says spring. She did not say which.']],
  }),
];
