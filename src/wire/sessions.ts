// Signing in with a browser: a token or a one-time code becomes a session, whose secret the browser
// keeps in a cookie that no script can read. docs/api.md describes the routes.

import * as z from 'zod'
import { milliseconds, type Shaped } from './parts.ts'
import { whoamiReply } from './tokens.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/**
 * A request that changes something by a cookie needs this header with the value `1`. A page of another
 * site cannot send it: the browser would have to ask Holo first (CORS), and Holo never agrees.
 */
export const REQUEST_HEADER = 'Holo-Request'

/** The page of the dashboard. A sign-in link has a one-time code behind it, in the fragment. */
export const DASHBOARD_PATH = '/.holo/'

/** How long a session lasts: a working day. It ends earlier with its token. */
export const SESSION_MS = 12 * 3_600_000

/** How long a one-time code can be used. */
export const CODE_MS = 5 * 60_000

export const signInBody = z.union([
  z.strictObject({ token: z.string().describe('A token of Holo') }),
  z.strictObject({ code: z.string().describe('A one-time code of POST /session/code') }),
])

export type SignInBody = Shaped<typeof signInBody>

export const sessionReply = whoamiReply
  .extend({ expiresAt: milliseconds.describe('When the session ends') })
  .describe('The cookie of the session is set by this reply')

export const codeReply = z.strictObject({
  code: z.string().describe('For one sign-in'),
  expiresAt: milliseconds,
  host: z
    .string()
    .optional()
    .describe('The host name where it can be used; left out where that is any one'),
})

export const endedSessionsReply = z.strictObject({
  ended: z.int().describe('How many sessions and unused codes are over'),
})

export const codeAsRead = /* @__PURE__ */ forReaders(() => toTolerant(codeReply))

export const dashboardOutput = /* @__PURE__ */ forReaders(() =>
  codeAsRead.omit({ host: true }).extend({
    url: z.string().describe('The address of the dashboard'),
    link: z.string().describe('Signs in whoever opens it first, once'),
    opened: z.boolean().describe('true: a browser was started with the link'),
  }),
)

/** The sign-in link. A fragment is sent to no server and stands in no log. */
export function toSignInLink(origin: string, code: string): string {
  return `${origin}${DASHBOARD_PATH}#code=${code}`
}
