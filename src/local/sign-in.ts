// Makes the link with which a browser signs in to the dashboard of a Holo on this machine.

import { toSignInLink } from '../wire/sessions.ts'

const TIMEOUT_MS = 10_000

/** `undefined` when the control does not answer: the dashboard can also be signed in to with the token. */
export async function makeSignInLink(url: URL, token: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('/.holo/api/session/code', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const { code } = (await response.json()) as { code?: unknown }
    return typeof code === 'string' ? toSignInLink(url.origin, code) : undefined
  } catch {
    return undefined
  }
}

/** Where the dashboard is, as the end of "Dashboard: …". */
export function describeDashboard(url: URL, signInLink: string | undefined): string {
  return signInLink === undefined
    ? `${url.origin}/.holo/ (sign in with the token below)`
    : `this link signs you in, once, within five minutes (another one: holo dashboard)\n  ${signInLink}`
}
