// A table that scrolls by itself. It can have the focus, so that the keyboard can scroll it.

import type { ComponentChildren } from 'preact'

export function ScrollTable({
  label,
  isTall = false,
  children,
}: {
  label: string
  isTall?: boolean
  children: ComponentChildren
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1).
    <section class={isTall ? 'scroll tall' : 'scroll'} tabIndex={0} aria-label={label}>
      <table>{children}</table>
    </section>
  )
}
