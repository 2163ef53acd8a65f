// A field of a dialog in which one of some environments is chosen.

import type { Signal } from '@preact/signals'

export function EnvironmentField({
  label,
  chosen,
  list,
}: {
  label: string
  /** Its name. */
  chosen: Signal<string>
  list: readonly { readonly name: string; readonly version: string }[]
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={chosen.value}
        onChange={(event) => {
          chosen.value = event.currentTarget.value
        }}
      >
        {list.map(({ name, version }) => (
          <option key={name} value={name}>
            {name} ({version})
          </option>
        ))}
      </select>
    </label>
  )
}
