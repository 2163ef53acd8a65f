// The form where a token is given. What a token may do was decided when it was created.

import { useSignal } from '@preact/signals'
import { signInWith } from '../api/account.ts'
import type { CallFailure } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { FailureBox } from '../parts/state.tsx'
import { Wordmark } from '../parts/wordmark.tsx'

/** A token has no spaces, and one that was copied often has them at its ends. */
const WRONG: CallFailure = {
  code: 'unauthenticated',
  status: 401,
  title: 'This token is not valid: it may be mistyped, revoked or expired.',
}

export function SignInPage({ why }: { why: string | undefined }) {
  const token = useSignal('')
  const isBusy = useSignal(false)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const submit = async () => {
    if (token.value.trim() === '' || isBusy.value) return
    isBusy.value = true
    const refused = await signInWith({ token: token.value.trim() })
    isBusy.value = false
    if (refused) failure.value = refused.code === 'unauthenticated' ? WRONG : refused
  }
  return (
    <main class="sign-in">
      <form
        class="sheet"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Wordmark />
        <h1>
          Sign in to <bdi>{location.host}</bdi>
        </h1>
        {why ? <p class="quiet">{why}</p> : null}
        {/* Password managers keep a token by the host that it is for. */}
        <input
          type="text"
          name="username"
          autocomplete="username"
          value={location.host}
          hidden
          readOnly
        />
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            autofocus
            required
            spellcheck={false}
            placeholder="holo_…"
            value={token.value}
            aria-invalid={failure.value ? 'true' : undefined}
            onInput={(event) => {
              token.value = event.currentTarget.value
              failure.value = undefined
            }}
          />
        </label>
        {failure.value ? <FailureBox failure={failure.value} /> : null}
        <Button kind="main" type="submit" isBusy={isBusy.value} onClick={submit}>
          {isBusy.value ? 'Signing in…' : 'Sign in'}
        </Button>
        <p class="small quiet">
          Make one with <code>holo token create NAME --scope shift</code>. With the scope{' '}
          <code>read</code> you can look at everything and change nothing.
        </p>
      </form>
    </main>
  )
}
