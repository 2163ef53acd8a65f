// What the form of a new webhook holds, and the body that is made of it.

import type { BodyOf } from '../api/client.ts'
import { FORM_WORDS } from '../say/webhooks.ts'

export type NewWebhook = BodyOf<'POST /webhooks'>

const SECRET_BYTES = 32

/** As Standard Webhooks writes one. */
function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  return `whsec_${btoa(String.fromCharCode(...bytes))}`
}

/** What somebody types, with everything that may be left empty. */
export type DraftedWebhook = {
  readonly name: string
  readonly url: string
  readonly form: NewWebhook['form']
  readonly events: 'usual' | 'all' | 'none' | 'chosen'
  /** Kinds and groups, if they are chosen. */
  readonly kinds: string
  readonly secret: string
}

/** The body of the call, and the secret that was made for it. */
export function toNewWebhook({ name, url, form, events, kinds, secret }: DraftedWebhook): {
  readonly body: NewWebhook
  readonly made: string | undefined
} {
  const use = FORM_WORDS[form].secret
  const typed = secret.trim()
  const made = use === 'signs' && typed === '' ? makeSecret() : undefined
  const given = use === 'none' ? undefined : (made ?? (typed === '' ? undefined : typed))
  const chosen = {
    usual: undefined,
    all: ['*'],
    none: [],
    chosen: kinds.split(/[\s,]+/).filter((kind) => kind !== ''),
  }[events]
  const body = {
    ...{ name: name.trim(), url: url.trim(), form },
    ...(form === 'pull' || chosen === undefined ? {} : { events: chosen }),
    ...(given === undefined ? {} : { secret: given }),
  }
  return { body, made }
}
