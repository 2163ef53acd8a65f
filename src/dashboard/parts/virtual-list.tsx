// A long list of which only the rows near the screen are in the page, so that a list of thousands is as quick as a
// short one. It scrolls with the page, and its rows may be of any height.

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { chooseRows, toOffsets } from '../state/visible-rows.ts'

/** A shorter list has all its rows, so that the browser can search in them. */
const LEAST_ROWS = 60
/** Rows that are so near to the screen are there already when somebody scrolls or moves on with the keyboard. */
const NEAR_PX = 800

export type VirtualListProps<Row> = {
  readonly rows: readonly Row[]
  readonly toKey: (row: Row) => string | number
  /** The height of a row that was never shown. */
  readonly rowPx: number
  readonly class: string
  readonly children: (row: Row) => ComponentChildren
}

export function VirtualList<Row>({
  rows,
  toKey,
  rowPx,
  class: name,
  children,
}: VirtualListProps<Row>) {
  const list = useRef<HTMLOListElement>(null)
  const heights = useRef(new Map<string, number>()).current
  const place = useSignal({ from: 0, to: 0 })
  const focused = useSignal<string | undefined>(undefined)
  /** Grows when rows turn out to be of another height. */
  const measured = useSignal(0)
  const isWhole = rows.length < LEAST_ROWS
  const keys = rows.map((row) => String(toKey(row)))
  const offsets = toOffsets(keys, heights, rowPx)
  const current = useRef({ keys, offsets })
  current.current = { keys, offsets }

  const look = () => {
    if (!list.current) return
    const top = -list.current.getBoundingClientRect().top
    const { from, to } = chooseRows(
      current.current.offsets,
      top - NEAR_PX,
      top + innerHeight + NEAR_PX,
    )
    const { from: wasFrom, to: wasTo } = place.peek()
    if (from !== wasFrom || to !== wasTo) place.value = { from, to }
  }
  useLayoutEffect(look, [rows, measured.value, isWhole])
  useEffect(() => {
    if (isWhole) return
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [isWhole])

  const watcher = useRef<ResizeObserver>(undefined)
  useEffect(() => {
    const made = new ResizeObserver((entries) => {
      let isNew = false
      for (const { target } of entries) {
        const { key = '' } = (target as HTMLElement).dataset
        const px = (target as HTMLElement).offsetHeight
        if (px === 0 || heights.get(key) === px) continue
        heights.set(key, px)
        isNew = true
      }
      if (isNew) measured.value++
    })
    watcher.current = made
    return () => made.disconnect()
  }, [])
  // Only the rows that are there are watched: the others would be kept in memory.
  useEffect(() => {
    if (isWhole) return
    const shown = [...(list.current?.children ?? [])]
    for (const row of shown) watcher.current?.observe(row)
    return () => {
      for (const row of shown) watcher.current?.unobserve(row)
    }
  }, [isWhole, place.value, rows, focused.value])

  const { from, to } = isWhole ? { from: 0, to: rows.length } : place.value
  const near = Array.from({ length: Math.min(to, rows.length) - from }, (_, i) => from + i)
  // The row that has the focus stays, with those that the keyboard reaches next.
  const kept = focused.value === undefined ? -1 : keys.indexOf(focused.value)
  const reached =
    kept < 0 ? [] : [kept - 1, kept, kept + 1].filter((i) => i >= 0 && i < keys.length)
  const shown = [...new Set([...near, ...reached])].sort((one, other) => one - other)
  const toGap = (i: number, before: number | undefined) =>
    (offsets[i] ?? 0) - (before === undefined ? 0 : (offsets[before + 1] ?? 0))
  const last = shown.at(-1) ?? -1
  const rest = (offsets[rows.length] ?? 0) - (offsets[last + 1] ?? 0)
  return (
    <ol
      class={name}
      ref={list}
      style={{ display: 'flow-root' }}
      onFocusIn={({ target }) => {
        focused.value = (target as Element).closest<HTMLElement>('li[data-key]')?.dataset.key
      }}
      onFocusOut={() => {
        focused.value = undefined
      }}
    >
      {shown.map((i, place) => {
        const row = rows[i]
        if (row === undefined) return null
        return (
          <li
            key={keys[i]}
            data-key={keys[i]}
            aria-setsize={isWhole ? undefined : rows.length}
            aria-posinset={isWhole ? undefined : i + 1}
            // The rows that are not there leave their room as margins of those that are: a change of the list itself
            // would keep the browser from holding on to what is on the screen.
            style={
              isWhole
                ? {}
                : {
                    marginBlockStart: `${toGap(i, shown[place - 1])}px`,
                    marginBlockEnd: i === last ? `${rest}px` : '',
                  }
            }
          >
            {children(row)}
          </li>
        )
      })}
    </ol>
  )
}
