// The head of a page with a long list: how many there are, and a field that filters them.

import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

/**
 * @param label what the filter does, for screen readers.
 * @param placeholder what it looks at.
 * @param children what else can be done.
 */
export function ListHead({
  title,
  count,
  label,
  placeholder,
  wanted,
  children,
}: {
  title: string
  count: number
  label: string
  placeholder: string
  wanted: Signal<string>
  children?: ComponentChildren
}) {
  return (
    <header class="page-head">
      <h1>
        {title} <small class="quiet num">{count}</small>
      </h1>
      {children ? <div class="list-tools">{children}</div> : null}
      <label class="filter">
        <span class="unseen">{label}</span>
        <input
          type="search"
          placeholder={placeholder}
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value
          }}
        />
      </label>
    </header>
  )
}
