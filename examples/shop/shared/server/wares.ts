// What the shop sells, kept once for both releases. How a ware is named, priced and described to
// the page is each release's own API.

export type Category = 'cups' | 'bowls' | 'vases' | 'plates'

export type Ware = {
  /** Lower case with hyphens, never changes. */
  readonly id: string
  readonly name: string
  readonly category: Category
  readonly description: string
  readonly priceCents: number
  /** Pieces on the shelf when the backend starts. */
  readonly stock: number
  /** Colour of the glaze, `#rrggbb`. */
  readonly glaze: string
}

export const WARES: readonly Ware[] = [
  ware(
    'dune-cup',
    'Dune cup',
    'cups',
    1800,
    120,
    '#d9a066',
    'A small cup for strong coffee, sand-coloured and rough to the thumb.',
  ),
  ware(
    'harbour-mug',
    'Harbour mug',
    'cups',
    2400,
    90,
    '#3f6e8c',
    'Holds a third of a litre and a whole rainy morning. The handle takes three fingers.',
  ),
  ware(
    'moss-beaker',
    'Moss beaker',
    'cups',
    2100,
    75,
    '#6b8e4e',
    'No handle, double wall: hot inside, pleasant outside.',
  ),
  ware(
    'ember-tumbler',
    'Ember tumbler',
    'cups',
    2600,
    60,
    '#c4513b',
    'Iron-red, fired twice. Goes with cold water as well as with anything stronger.',
  ),
  ware(
    'tide-bowl',
    'Tide bowl',
    'bowls',
    3200,
    80,
    '#4f9d9a',
    'A wide soup bowl with a rim that does not drip.',
  ),
  ware(
    'oat-bowl',
    'Oat bowl',
    'bowls',
    2200,
    110,
    '#cdb79e',
    'For breakfast, every day, for years. Stacks without a wobble.',
  ),
  ware(
    'night-bowl',
    'Night bowl',
    'bowls',
    4800,
    40,
    '#5068b5',
    'A salad for six on a dark blue ground with a speckle of white.',
  ),
  ware(
    'clay-mortar',
    'Clay mortar',
    'bowls',
    3900,
    35,
    '#a9674d',
    'Unglazed inside, so that pepper has something to hold on to. With a pestle.',
  ),
  ware(
    'reed-vase',
    'Reed vase',
    'vases',
    5400,
    30,
    '#8aa05f',
    'Tall and narrow, steady enough for one long branch.',
  ),
  ware(
    'lantern-vase',
    'Lantern vase',
    'vases',
    6200,
    25,
    '#e0b13f',
    'A round belly and a short neck, in a yellow that survives November.',
  ),
  ware(
    'cloud-bottle',
    'Cloud bottle',
    'vases',
    4600,
    45,
    '#b9c4cf',
    'Milky white, for a single stem or for olive oil.',
  ),
  ware(
    'meadow-plate',
    'Meadow plate',
    'plates',
    2800,
    100,
    '#7fae72',
    'Twenty-six centimetres across, green at the rim, white where the food goes.',
  ),
  ware(
    'rose-saucer',
    'Rose saucer',
    'plates',
    1400,
    130,
    '#d48c97',
    'Made for the Dune cup, good for keys and rings too.',
  ),
  ware(
    'slate-platter',
    'Slate platter',
    'plates',
    5900,
    0,
    '#5b646d',
    'Half a metre of grey for cheese. Comes out of the kiln four times a year.',
  ),
]

function ware(
  id: string,
  name: string,
  category: Category,
  priceCents: number,
  stock: number,
  glaze: string,
  description: string,
): Ware {
  return { id, name, category, description, priceCents, stock, glaze }
}
