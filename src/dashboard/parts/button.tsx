// Buttons that know what they need: one that the signed-in person may not use says so, and does nothing.

import type { ComponentChildren } from 'preact'
import type { Scope } from '../../wire/scopes.ts'
import { mayDo } from '../api/account.ts'
import { announce } from './notices.tsx'

export type ButtonKind = 'plain' | 'main' | 'danger' | 'quiet'

export type ButtonProps = {
  readonly onClick: () => void
  readonly children: ComponentChildren
  readonly kind?: ButtonKind
  /** What it needs of the one who is signed in. */
  readonly scope?: Scope
  readonly isBusy?: boolean
  readonly isOff?: boolean
  readonly label?: string
  readonly type?: 'button' | 'submit'
}

export function Button({
  onClick,
  children,
  kind = 'plain',
  scope,
  isBusy = false,
  isOff = false,
  label,
  type = 'button',
}: ButtonProps) {
  const isForbidden = scope !== undefined && !mayDo(scope)
  const why = isForbidden ? `Needs the scope ${scope}, which your sign-in does not have` : undefined
  return (
    <button
      type={type}
      class={`button ${kind}`}
      aria-disabled={isForbidden || isBusy || isOff}
      aria-label={label}
      title={why}
      onClick={(event) => {
        if (type === 'submit' && !isForbidden && !isBusy && !isOff) return
        event.preventDefault()
        if (why) announce({ tone: 'warn', text: `${why}.` })
        else if (!isBusy && !isOff) onClick()
      }}
    >
      {children}
      {isForbidden ? <span class="unseen"> ({why})</span> : null}
    </button>
  )
}
