// A small line without axes. It shows the course of a figure that stands beside it, and so is hidden from screen
// readers; the figures of each minute are in the table of the card.

const WIDTH = 120
const HEIGHT = 28
const HEADROOM = 1.2

export function Spark({
  values,
  tone = 'plain',
}: {
  values: readonly (number | null)[]
  tone?: 'plain' | 'bad'
}) {
  // A little room above, so that a figure that hardly changes is no line along the edge.
  const top = Math.max(...values.map((value) => value ?? 0)) * HEADROOM
  const step = WIDTH / Math.max(1, values.length - 1)
  const toY = (value: number) => HEIGHT - 1.5 - (top === 0 ? 0 : (value / top) * (HEIGHT - 3))
  let isDrawing = false
  const path = values
    .map((value, i) => {
      if (value === null) {
        isDrawing = false
        return ''
      }
      const at = `${(i * step).toFixed(1)} ${toY(value).toFixed(1)}`
      // A point whose neighbours measured nothing is a dot.
      const drawn = isDrawing ? `L${at}` : `M${at}h0`
      isDrawing = true
      return drawn
    })
    .join('')
  return (
    <svg
      class={`spark ${tone}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="spark-base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      <path class="spark-line" d={path} />
    </svg>
  )
}
