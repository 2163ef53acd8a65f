// Routes of signed preview links. Only the reply that makes a link contains it.

import { toPreviewLabel } from '../../core/previews.ts'
import { err, ok } from '../../core/result.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { toHostRole } from '../../http/dashboard-host.ts'
import {
  newPreviewBody,
  newPreviewReply,
  preview,
  previewParams,
  previewsReply,
  rotateBody,
  rotatedReply,
  toPreviewLink,
} from '../../wire/previews.ts'
import { loadDocument } from '../http/current-document.ts'
import type { Failure } from '../http/problems.ts'
import { type Call, type Route, route } from '../http/route.ts'

export const PREVIEW_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/previews',
    scope: 'read',
    summary: 'Preview links of the last 30 days, newest first, without their secrets',
    reply: previewsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.previews(caller))
      return answer.ok ? ok({ body: { previews: answer.value } }) : answer
    },
  }),
  route({
    method: 'POST',
    path: '/previews',
    scope: 'shift',
    summary: 'Makes a signed link to a preview, which is shown in this reply only',
    body: newPreviewBody,
    changes: 'previews',
    readsDocument: true,
    failures: ['invalid_preview'],
    reply: newPreviewReply,
    status: 201,
    handle: async (call) => {
      const { ask, caller, body } = call
      // An empty Holo is told of before anything is made.
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { document } = current.value
      const made = await ask('changes', (control) => control.createPreview(caller, body))
      if (!made.ok) return err(toOwnFailure(made.error))
      const { path = '/' } = body
      const { token, versions } = made.value
      const hostLinks = listHosts(document, versions).map((host) =>
        toPreviewLink(atHost(call.origin, host), path, token),
      )
      const origin = toSiteOrigin(call, document)
      return ok({ body: { ...made.value, link: toPreviewLink(origin, path, token), hostLinks } })
    },
  }),
  route({
    method: 'DELETE',
    path: '/previews/{id}',
    scope: 'shift',
    summary: 'Revokes a link, and ends the previews of all who have opened it',
    changes: 'previews',
    params: previewParams,
    reply: preview,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('changes', (control) => control.revokePreview(caller, id))
      if (!answer.ok) return answer
      return answer.value ? ok({ body: answer.value }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'POST',
    path: '/preview-keys',
    scope: 'admin',
    summary: 'Signs links with a new key, and with `revokeAll` ends all links',
    changes: 'previews',
    body: rotateBody,
    reply: rotatedReply,
    handle: async ({ ask, caller, body: { revokeAll = false } }) => {
      const answer = await ask('changes', (control) => control.rotatePreviewKeys(caller, revokeAll))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]

/** A new link changes nothing of the document, so that what is wrong is wrong with the link. */
function toOwnFailure(failure: Failure): Failure {
  return failure.kind === 'invalid_change' ? { ...failure, kind: 'invalid_preview' } : failure
}

/**
 * Where the site is: under the address that was called, or under the first host name of a public
 * environment if that address is only for the dashboard. If there is none, Holo does not know the site's
 * address, and the link begins with its path.
 */
function toSiteOrigin(
  { origin, dashboardHost }: Pick<Call<unknown, unknown, unknown>, 'origin' | 'dashboardHost'>,
  { environments }: AssignmentsDocument,
): string {
  if (toHostRole(dashboardHost, new URL(origin)) !== 'dashboard') return origin
  const [host] = Object.values(environments).flatMap(({ restricted, hosts = [] }) =>
    restricted ? [] : hosts,
  )
  return host === undefined ? '' : atHost(origin, host)
}

function atHost(origin: string, host: string): string {
  return origin.replace(/\/\/[^/:]+/, `//${host}`)
}

/** The host names of versions, in the document's first domain for them. */
function listHosts({ previews }: AssignmentsDocument, versions: readonly string[]): string[] {
  const [domain] = previews?.hosts ?? []
  if (domain === undefined) return []
  const labels = versions.map(toPreviewLabel).filter((label) => label !== undefined)
  return labels.map((label) => label + domain.slice(1))
}
