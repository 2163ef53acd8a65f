// A value that several components show and that redraws them when it changes. What the values mean
// is their owners' business.

import { useEffect, useState } from 'preact/hooks'

export type Cell<T> = {
  readonly get: () => T
  readonly set: (value: T) => void
  /** The value, inside a component that is redrawn whenever it changes. */
  readonly use: () => T
}

export function createCell<T>(initial: T): Cell<T> {
  let value = initial
  const watchers = new Set<(value: T) => void>()
  return {
    get: () => value,
    set(next) {
      value = next
      for (const watcher of watchers) watcher(next)
    },
    use() {
      const [shown, show] = useState(value)
      useEffect(() => {
        const watcher = (next: T) => show(() => next)
        watchers.add(watcher)
        // It may have changed between the first drawing and this effect.
        watcher(value)
        return () => {
          watchers.delete(watcher)
        }
      }, [])
      return shown
    },
  }
}
