// Names that people gave: shown as text, whatever they hold, in their own direction.

import type { ComponentChildren } from 'preact'

/** One line. What does not fit is cut, and shown whole by the tooltip. */
export function Name({ text, mono = false }: { text: string; mono?: boolean }) {
  return (
    <bdi class={mono ? 'name id' : 'name'} title={text.length > 24 ? text : undefined}>
      {text}
    </bdi>
  )
}

/** A sentence that holds names: each keeps its own direction. */
export function Sentence({ children }: { children: ComponentChildren }) {
  return <bdi class="sentence">{children}</bdi>
}
