// The id of a version with its colour in charts.

import { toColourIndex } from '../charts/palette.ts'
import { Name } from './name.tsx'

export function VersionTag({ id }: { id: string }) {
  return (
    <span class="version-tag">
      <i class={`swatch swatch--v${toColourIndex(id)}`} />
      <Name text={id} mono />
    </span>
  )
}
