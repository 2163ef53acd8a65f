// All visitors as one bar, cut into the shares of environments, in their order.

import { toColourIndex } from '../charts/palette.ts'
import { toPercentLabel } from '../say/format.ts'

export type BarShare = {
  readonly name: string
  readonly version: string
  readonly percent: number
}

/** A narrower piece has no room for its name. */
const NAMED_PERCENT = 12

export function ShareBar({ label, shares }: { label: string; shares: readonly BarShare[] }) {
  const shown = shares.filter(({ percent }) => percent > 0)
  const text = shown.map(({ name, percent }) => `${name} ${toPercentLabel(percent)}`).join(', ')
  return (
    <div class="bar-row">
      <span class="bar-label small quiet">{label}</span>
      <div class="bar" role="img" aria-label={`${label}: ${text}`}>
        {shown.map(({ name, version, percent }) => (
          <div
            key={name}
            class={`bar-part swatch--v${toColourIndex(version)}`}
            style={{ flexGrow: percent }}
            title={`${name} (${version}): ${toPercentLabel(percent)}`}
          >
            {percent >= NAMED_PERCENT ? (
              <span>
                <bdi>{name}</bdi> {toPercentLabel(percent)}
              </span>
            ) : null}
          </div>
        ))}
      </div>
    </div>
  )
}
