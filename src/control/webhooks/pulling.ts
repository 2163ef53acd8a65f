// Fetches the document of a webhook of the form `pull`: JSON that somebody else keeps, read with a header of
// authorization. core/rollout/checks.ts says what a value in it means.

import { checkWebhookUrl } from '../../document/origin.ts'
import type { WebhookForm } from '../../wire/webhooks.ts'

/** A document is a number or a few; a longer one is a mistake. */
export const MAX_PULLED_BYTES = 262_144

/** What a source answers; `why` there is no document. */
export type Pulled = { readonly document: unknown } | { readonly why: string }

/** Parts of an address that stand for what is checked, in braces. */
export type PullPlaces = Readonly<Record<'version' | 'baseVersion' | 'environment', string>>

export type Fetch = (url: string, options: RequestInit) => Promise<Response>

/** Where webhooks are kept. */
export type PullSources = {
  readonly get: (name: string) => PullSource | undefined
}

type PullSource = {
  readonly form: WebhookForm
  readonly url: string
  readonly secret: ArrayBuffer | null
}

/** Never throws. Redirects are not followed. */
export async function pullDocument(
  store: PullSources,
  name: string,
  places: PullPlaces,
  timeoutMs: number,
  { fetch, allowInsecure }: { readonly fetch: Fetch; readonly allowInsecure: boolean },
): Promise<Pulled> {
  const webhook = store.get(name)
  if (webhook?.form !== 'pull') return { why: `there is no source "${name}"` }
  const url = fill(webhook.url, places)
  // After it is filled: a version may be called like a private address.
  const wrong = checkWebhookUrl(url, allowInsecure)
  if (wrong) return { why: `the address is refused: ${wrong}` }
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  const authorization = webhook.secret && new TextDecoder().decode(webhook.secret)
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', ...(authorization ? { authorization } : {}) },
      redirect: 'manual',
      cache: 'no-store',
      signal: abort.signal,
    })
    if (!response.ok) {
      void Promise.allSettled([response.body?.cancel()])
      return { why: `the source answered ${response.status}` }
    }
    return await read(response)
  } catch {
    if (abort.signal.aborted) return { why: `no answer within ${timeoutMs / 1000} s` }
    return { why: 'the source cannot be reached' }
  } finally {
    clearTimeout(timer)
  }
}

async function read(response: Response): Promise<Pulled> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_PULLED_BYTES) {
      return { why: `the document has more than ${MAX_PULLED_BYTES} bytes` }
    }
    text += decoder.decode(chunk, { stream: true })
  }
  try {
    return { document: JSON.parse(text) }
  } catch {
    return { why: 'the source answered no JSON' }
  }
}

/** Braces are escaped in the path of an address, and not in its query. */
function fill(url: string, places: PullPlaces): string {
  return url.replace(/(?:\{|%7B)(version|baseVersion|environment)(?:\}|%7D)/gi, (whole, name) => {
    const value = Object.hasOwn(places, name) ? places[name as keyof PullPlaces] : undefined
    return value === undefined ? whole : encodeURIComponent(value)
  })
}
