// A product's picture in release 0.0.3: a line drawing.

import { vesselOf } from '../../shared/web/vessels.ts'

export function Picture({ category }: { readonly category: string }) {
  const { body, detail } = vesselOf(category)
  return (
    <svg class="picture" viewBox="0 0 100 100" aria-hidden="true">
      <path d={body} />
      <path d={detail} />
    </svg>
  )
}
