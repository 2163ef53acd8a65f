// The field in which somebody says why.

import type { Signal } from '@preact/signals'

const MAX_TYPED_CHARACTERS = 500

export function ReasonField({
  reason,
  about = 'for the audit log',
  isRequired = false,
}: {
  reason: Signal<string>
  about?: string
  isRequired?: boolean
}) {
  return (
    <label class="field">
      <span>
        Reason <small>{about}</small>
      </span>
      <input
        type="text"
        maxLength={MAX_TYPED_CHARACTERS}
        required={isRequired}
        value={reason.value}
        onInput={(event) => {
          reason.value = event.currentTarget.value
        }}
      />
    </label>
  )
}
