// The id of a version, with its colour if charts show it.

import { findColourIndex } from '../charts/palette.ts'
import { Name } from './name.tsx'

export function VersionTag({ id }: { id: string }) {
  const colour = findColourIndex(id)
  return (
    <span class="version-tag">
      {colour === undefined ? null : <i class={`swatch swatch--v${colour}`} />}
      <Name text={id} mono />
    </span>
  )
}
