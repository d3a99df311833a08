// Kitchen: things that are used every day and outlast the kitchen.
import { type DemoProduct, product, variant } from '../types.ts';

export const kitchen: DemoProduct[] = [
  product({
    slug: 'stoneware-mug',
    title: 'Stoneware Mug',
    brand: 'Kiln & Co',
    categorySlug: 'kitchen',
    description:
      'Thrown by hand, glazed inside and left raw where your fingers go. It holds enough coffee for one honest conversation, and no two are quite alike.',
    motif: 'mug',
    variants: [
      variant('MUG-250-CHALK', 1800, 140, { color: 'Chalk', volume: '250 ml' }),
      variant('MUG-350-CHALK', 2200, 140, { color: 'Chalk', volume: '350 ml' }),
      variant('MUG-350-SLATE', 2200, 90, { color: 'Slate', volume: '350 ml' }),
    ],
    faqs: [
      ['May it go into the dishwasher?', 'Yes, and into the microwave.'],
      [
        'Why does mine differ from the picture?',
        'Because a person made it. Height and glaze vary by a few millimetres.',
      ],
    ],
  }),
  product({
    slug: 'serving-bowl',
    title: 'Wide Serving Bowl',
    brand: 'Kiln & Co',
    categorySlug: 'kitchen',
    description:
      'A wide, shallow bowl for salads that want to be seen. Its rim is easy to hold with wet hands, and its foot is ground flat so that it never scratches the table.',
    motif: 'bowl',
    variants: [
      variant('BOWL-24', 3600, 60, { diameter: '24 cm' }),
      variant('BOWL-32', 5400, 40, { diameter: '32 cm' }),
    ],
    faqs: [['Is the glaze safe for food?', 'Yes. It holds no lead and no cadmium, and every batch is tested.']],
  }),
  product({
    slug: 'cast-iron-pan',
    title: 'Cast Iron Pan',
    brand: 'Forge Nine',
    categorySlug: 'kitchen',
    description:
      'Poured in sand, polished smooth and seasoned with oil before it leaves us. It browns better every year; your grandchildren will argue about who gets it.',
    motif: 'pan',
    variants: [
      variant('PAN-20', 4900, 50, { diameter: '20 cm' }),
      variant('PAN-26', 6900, 70, { diameter: '26 cm' }),
      variant('PAN-30', 8900, 35, { diameter: '30 cm' }),
    ],
    faqs: [
      ['Does it work on induction?', 'Yes, and on gas, in the oven and over a fire.'],
      ['It has rusted. Is it lost?', 'No. Scrub it, oil it thinly and bake it for an hour at 230 degrees.'],
    ],
  }),
  product({
    slug: 'paring-knife',
    title: 'Paring Knife',
    brand: 'Forge Nine',
    categorySlug: 'kitchen',
    description:
      'Nine centimetres of carbon steel in a handle of pear wood. Small enough for garlic, sharp enough for tomatoes, and balanced so that it lies still on the board.',
    motif: 'knife',
    variants: [variant('KNIFE-PARING', 3900, 80)],
    faqs: [
      [
        'Is it stainless?',
        'No: carbon steel darkens with use and takes a sharper edge for it. Wipe it dry after washing.',
      ],
    ],
  }),
  product({
    slug: 'oak-chopping-board',
    title: 'Oak Chopping Board',
    brand: 'Forge Nine',
    categorySlug: 'kitchen',
    description:
      'One board of slow-grown oak with a groove for what runs and a hole for the hook. Heavy enough to stay put, handsome enough to carry the cheese out on.',
    motif: 'board',
    variants: [variant('BOARD-M', 4200, 45, { length: '35 cm' }), variant('BOARD-L', 5900, 30, { length: '45 cm' })],
    faqs: [['How do I care for it?', 'Wash it by hand, dry it upright, and oil it when it looks thirsty.']],
  }),
];
