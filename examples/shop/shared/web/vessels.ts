// The outlines of the wares, one per category, as SVG paths on a 100 by 100 ground. Colour and
// line are each release's own.

export type Vessel = { readonly body: string; readonly detail: string }

const CUP: Vessel = {
  body: 'M26 28h42l-4 44q-1 8-9 8H39q-8 0-9-8z',
  detail: 'M67 38q18-2 16 14t-19 14M26 38h41',
}

const VESSELS: Readonly<Record<string, Vessel>> = {
  cups: CUP,
  bowls: { body: 'M14 40h72q-2 34-28 38v4H42v-4Q16 74 14 40z', detail: 'M18 52h64' },
  vases: {
    body: 'M42 12h16l-3 18q22 12 20 36-2 20-25 20T25 66q-2-24 20-36z',
    detail: 'M30 54q20 10 40 0M44 22h12',
  },
  plates: {
    body: 'M50 14a36 36 0 1 1 0 72 36 36 0 0 1 0-72z',
    detail: 'M50 28a22 22 0 1 1 0 44 22 22 0 0 1 0-44z',
  },
}

/** The outline of a category; a category that is not known yet looks like a cup. */
export function vesselOf(category: string): Vessel {
  return VESSELS[category] ?? CUP
}
