// A form that adds a webhook. A secret that is made for it is shown once, in its place.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { CallFailure } from '../api/client.ts'
import { FORM_WORDS } from '../say/webhooks.ts'
import { type DraftedWebhook, type NewWebhook, toNewWebhook } from '../state/new-webhook.ts'
import { goTo } from '../state/route.ts'
import { addWebhook } from '../state/webhooks.ts'
import { Button } from './button.tsx'
import { announce } from './notices.tsx'
import { FailureBox } from './state.tsx'

const FORMS = Object.entries(FORM_WORDS) as [NewWebhook['form'], (typeof FORM_WORDS)['slack']][]

const EMPTY: DraftedWebhook = {
  ...{ name: '', url: '', form: 'standard', events: 'usual', kinds: '', secret: '' },
}

/** What can be chosen: only signed JSON confirms, and chats alone are told less than everything. */
function toChoices(
  form: NewWebhook['form'],
): readonly (readonly [DraftedWebhook['events'], string])[] {
  const { usual, secret } = FORM_WORDS[form]
  return [
    ['usual', usual],
    ...(secret === 'none' ? [['all', 'every event'] as const] : []),
    ['chosen', 'chosen kinds'],
    ...(form === 'standard' ? [['none', 'none: it only confirms steps of rollouts'] as const] : []),
  ]
}

export function NewWebhookForm({ onClose }: { onClose: () => void }) {
  const first = useRef<HTMLInputElement>(null)
  // The button that opened the form is gone.
  useEffect(() => first.current?.focus(), [])
  const draft = useSignal(EMPTY)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const added = useSignal<{ readonly name: string; readonly secret: string } | undefined>(undefined)
  const change = (fields: Partial<DraftedWebhook>) => {
    draft.value = { ...draft.value, ...fields }
  }
  const { name, url, form, events, kinds, secret } = draft.value
  const use = FORM_WORDS[form].secret
  const isMissing = name.trim() === '' || url.trim() === ''
  const add = async () => {
    if (isBusy.value || isMissing) return
    isBusy.value = true
    const { body, made } = toNewWebhook(draft.value)
    failure.value = await addWebhook(body)
    isBusy.value = false
    if (failure.value) return
    draft.value = EMPTY
    if (made === undefined) {
      onClose()
      goTo('webhooks', body.name)
    } else added.value = { name: body.name, secret: made }
  }
  if (added.value) return <MadeSecret {...added.value} onClose={onClose} />
  return (
    <form
      class="sheet padded webhook-form"
      aria-labelledby="new-webhook-heading"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <h2 id="new-webhook-heading">A new webhook</h2>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      <div class="two">
        <label class="field">
          <span>
            Name <small>lower-case letters, digits and “-”</small>
          </span>
          <input
            ref={first}
            type="text"
            required
            maxLength={40}
            spellcheck={false}
            autocomplete="off"
            value={name}
            onInput={(event) => change({ name: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>Form</span>
          <select
            value={form}
            onChange={(event) =>
              change({
                form: event.currentTarget.value as NewWebhook['form'],
                events: 'usual',
                secret: '',
              })
            }
          >
            {FORMS.map(([id, { label }]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
          <small>{FORM_WORDS[form].about}</small>
        </label>
      </div>
      <label class="field">
        <span>
          Address <small>https; afterwards only its origin is shown</small>
        </span>
        <input
          type="text"
          inputMode="url"
          required
          maxLength={2000}
          spellcheck={false}
          autocomplete="off"
          value={url}
          onInput={(event) => change({ url: event.currentTarget.value })}
        />
      </label>
      {form === 'pull' ? null : (
        <label class="field">
          <span>Events</span>
          <select
            value={events}
            onChange={(event) =>
              change({ events: event.currentTarget.value as DraftedWebhook['events'] })
            }
          >
            {toChoices(form).map(([id, words]) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
        </label>
      )}
      {form !== 'pull' && events === 'chosen' ? (
        <label class="field">
          <span>
            Kinds <small>or groups, as in rollout.ended service.*</small>
          </span>
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            value={kinds}
            onInput={(event) => change({ kinds: event.currentTarget.value })}
          />
        </label>
      ) : null}
      {use === 'none' ? null : (
        <label class="field">
          <span>
            {use === 'signs' ? 'Secret' : 'Authorization'}{' '}
            <small>
              {use === 'signs'
                ? 'whsec_…; if you leave it empty, one is made and shown once'
                : 'the whole header, as in “Bearer …”; never shown again'}
            </small>
          </span>
          <input
            type="password"
            autocomplete="new-password"
            maxLength={1000}
            value={secret}
            onInput={(event) => change({ secret: event.currentTarget.value })}
          />
        </label>
      )}
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          type="submit"
          scope="admin"
          isOff={isMissing}
          isBusy={isBusy.value}
          onClick={() => undefined}
        >
          {isBusy.value ? 'Adding…' : 'Add it'}
        </Button>
      </footer>
    </form>
  )
}

function MadeSecret({
  name,
  secret,
  onClose,
}: {
  name: string
  secret: string
  onClose: () => void
}) {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <section class="sheet padded webhook-form" aria-labelledby="secret-heading">
      <h2 id="secret-heading">
        The secret of <bdi>{name}</bdi>
      </h2>
      <p>
        Its receiver checks signatures with it. <strong>It is never shown again.</strong> Store it
        now; to change it, remove the webhook and add it again.
      </p>
      <div class="made-secret">
        <input
          ref={field}
          type="text"
          readOnly
          aria-label="Secret"
          class="id"
          value={secret}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button onClick={() => copy(secret)}>Copy</Button>
      </div>
      <footer class="sheet-foot">
        <Button
          kind="main"
          onClick={() => {
            onClose()
            goTo('webhooks', name)
          }}
        >
          I have stored it
        </Button>
      </footer>
    </section>
  )
}

/** A page without a safe origin may not write to the clipboard; the field has the secret all the same. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    announce({ tone: 'good', text: 'The secret is copied.' })
  } catch {
    announce({ tone: 'warn', text: 'The browser does not allow it: copy the secret by hand.' })
  }
}
