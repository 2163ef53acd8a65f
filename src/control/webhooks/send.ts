// Sends one message to a receiver, once. delivering.ts decides when, and what follows from the result.

/** Lets receivers recognise deliveries. */
const USER_AGENT = 'Holo-Webhook/1'

export type OutgoingMessage = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type SendResult = {
  readonly isTaken: boolean
  /** Of the reply; `undefined` if there was none. */
  readonly status?: number
  /** Why it was not taken. */
  readonly why?: string
  /** The wait that the receiver asks for. */
  readonly retryAfterMs?: number
  readonly ms: number
}

export type Send = (message: OutgoingMessage, timeoutMs: number) => Promise<SendResult>

/** Never throws. Redirects are not followed, and the body of the reply is not read. */
export async function sendMessage(
  { url, headers, body }: OutgoingMessage,
  timeoutMs: number,
  now: () => number,
): Promise<SendResult> {
  const began = now()
  const timeout = AbortSignal.timeout(timeoutMs)
  const passed = () => Math.max(0, now() - began)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...headers },
      body,
      redirect: 'manual',
      cache: 'no-store',
      signal: timeout,
    })
    void Promise.allSettled([response.body?.cancel()])
    return { ...toResult(response, now()), ms: passed() }
  } catch (cause) {
    const { origin } = new URL(url)
    if (timeout.aborted) {
      return { isTaken: false, why: `no answer within ${timeoutMs / 1000} s`, ms: passed() }
    }
    console.warn(`the webhook at ${origin} could not be reached`, cause)
    return { isTaken: false, why: 'cannot be reached', ms: passed() }
  }
}

function toResult({ status, headers }: Response, now: number): Omit<SendResult, 'ms'> {
  if (status >= 200 && status < 300) return { isTaken: true, status }
  if (status >= 300 && status < 400) {
    return { isTaken: false, status, why: `redirects (${status}), which is not followed` }
  }
  const retryAfterMs = parseRetryAfter(headers.get('retry-after') ?? '', now)
  const asked = retryAfterMs > 0 ? { retryAfterMs } : {}
  return { isTaken: false, status, why: `answered ${status}`, ...asked }
}

/** Seconds or a time (RFC 9110 section 10.2.3), as milliseconds from now; 0 for anything else. */
export function parseRetryAfter(text: string, now: number): number {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}
