// Something that is drawn only while it is near the screen: of sixty environments a screen shows four.

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

const NEAR = '600px 0px'

/** @param children is given whether it is near. */
export function NearItem({ children }: { children: (isNear: boolean) => ComponentChildren }) {
  const item = useRef<HTMLLIElement>(null)
  const isNear = useSignal(false)
  useEffect(() => {
    if (!item.current) return
    const watcher = new IntersectionObserver(
      (entries) => {
        isNear.value = entries.at(-1)?.isIntersecting ?? false
      },
      { rootMargin: NEAR },
    )
    watcher.observe(item.current)
    return () => watcher.disconnect()
  }, [])
  return <li ref={item}>{children(isNear.value)}</li>
}
