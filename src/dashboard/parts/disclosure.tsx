// A part of a page that is opened on demand. Its content is made only while it is open.

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

export function Disclosure({
  class: className,
  summary,
  summaryClass,
  isOpenFirst = false,
  children,
}: {
  class?: string
  /** What stands there when it is shut, too. */
  summary: ComponentChildren
  summaryClass?: string
  isOpenFirst?: boolean
  children: () => ComponentChildren
}) {
  const isOpen = useSignal(isOpenFirst)
  return (
    <details
      class={className}
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open
      }}
    >
      <summary class={summaryClass}>{summary}</summary>
      {isOpen.value ? children() : null}
    </details>
  )
}
