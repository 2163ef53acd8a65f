// Short messages in a corner: what has just happened, and how to take it back.

import { signal } from '@preact/signals'
import type { Tone } from '../say/sentence.ts'
import { Icon } from './icon.tsx'

export type Notice = {
  readonly tone: Tone
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
}

type NumberedNotice = Notice & { readonly id: number }

/** Older ones make room. */
const SHOWN_NOTICES = 3
const SHOWN_FOR_MS = 12_000

const notices = signal<readonly NumberedNotice[]>([])
let lastId = 0

export function announce(notice: Notice): void {
  lastId++
  const id = lastId
  // What an older one offers to undo is no longer the last change.
  const kept = notice.action ? notices.value.filter(({ action }) => !action) : notices.value
  notices.value = [...kept, { ...notice, id }].slice(-SHOWN_NOTICES)
  // One with an action stays: somebody may need time to reach it.
  if (!notice.action) setTimeout(() => dismiss(id), SHOWN_FOR_MS)
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

export function forgetNotices(): void {
  notices.value = []
}

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, tone, text, action }) => (
        <div key={id} class={`notice ${tone}`}>
          <bdi>{text}</bdi>
          {action ? (
            <button
              type="button"
              class="button quiet"
              onClick={() => {
                dismiss(id)
                action.run()
              }}
            >
              {action.label}
            </button>
          ) : null}
          <button
            type="button"
            class="button quiet square"
            aria-label="Dismiss"
            onClick={() => dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
