// A product's picture in release 0.0.5: the vessel in the colour of its glaze.

import { vesselOf } from '../../shared/web/vessels.ts'

type PictureProps = { readonly category: string; readonly glaze: string }

export function Picture({ category, glaze }: PictureProps) {
  const { body, detail } = vesselOf(category)
  return (
    <svg class="picture" viewBox="0 0 100 100" aria-hidden="true">
      <path d={body} fill={glaze} />
      <path d={detail} class="shine" />
    </svg>
  )
}
