// Routes of the versions, of their services, and of the rules.

import { z } from 'zod'
import type { AssignmentsDocument } from '../../assignments/schema.ts'
import { COMMANDS } from '../../control/commands.ts'
import { err, ok } from '../../core/result.ts'
import { changeDocument, loadDocument } from '../current-document.ts'
import { type Route, route } from '../route.ts'
import { changeQuery, committed, rule, service, version, versionId } from '../schemas.ts'

const params = z.strictObject({ version: versionId })

export const VERSION_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/versions',
    scope: 'read',
    summary: 'All versions of the document',
    readsDocument: true,
    reply: z.strictObject({ revision: z.int(), versions: z.array(version) }),
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const versions = Object.keys(document.versions).map((id) => toVersion(document, id))
      return ok({ revision, body: { revision, versions } })
    },
  }),
  route({
    method: 'GET',
    path: '/versions/{version}',
    scope: 'read',
    summary: 'One version',
    params,
    readsDocument: true,
    reply: version,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const body = toVersion(document, call.params.version)
      return body ? ok({ revision, body }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'GET',
    path: '/versions/{version}/services',
    scope: 'read',
    summary: 'The services of a version',
    params,
    readsDocument: true,
    reply: z.strictObject({ revision: z.int(), services: z.array(service) }),
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const found = toVersion(document, call.params.version)
      if (!found) return err({ kind: 'not_found' })
      return ok({ revision, body: { revision, services: found.services } })
    },
  }),
  route({
    method: 'PUT',
    path: '/versions/{version}/services',
    scope: 'publish',
    summary: 'Other origins and limits for the services of a version; their prefixes stay',
    params,
    query: changeQuery,
    body: COMMANDS['set-services'].omit({ kind: true, version: true }),
    changes: 'document',
    reply: committed,
    handle: (call) =>
      changeDocument(call, {
        kind: 'set-services',
        version: call.params.version,
        services: call.body.services,
      }),
  }),
  route({
    method: 'POST',
    path: '/withdraw',
    scope: 'shift',
    summary: 'Lets a version serve nobody any more, open tabs included; `restore` takes it back',
    query: changeQuery,
    body: COMMANDS.withdraw.omit({ kind: true }),
    changes: 'document',
    reply: committed,
    handle: (call) => changeDocument(call, { ...call.body, kind: 'withdraw' }),
  }),
  route({
    method: 'GET',
    path: '/rules',
    scope: 'read',
    summary: 'All rules, in their order',
    readsDocument: true,
    reply: z.strictObject({ revision: z.int(), rules: z.array(rule) }),
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      return ok({ revision, body: { revision, rules: document.rules ?? [] } })
    },
  }),
  route({
    method: 'PUT',
    path: '/rules',
    scope: 'shift',
    summary: 'All rules, in their order',
    query: changeQuery,
    body: COMMANDS['set-rules'].omit({ kind: true }),
    changes: 'document',
    reply: committed,
    handle: (call) => changeDocument(call, { ...call.body, kind: 'set-rules' }),
  }),
]

function toVersion(
  { versions, environments }: AssignmentsDocument,
  id: string,
): z.infer<typeof version> | undefined {
  const found = Object.hasOwn(versions, id) ? versions[id] : undefined
  if (!found) return undefined
  const pointing = Object.entries(environments).filter(([, { version }]) => version === id)
  return {
    id,
    manifest: found.manifest,
    services: found.services ?? [],
    open: found.open === true || pointing.some(([, { restricted }]) => !restricted),
    withdrawn: found.withdrawn === true,
    published: found.published,
    environments: pointing.map(([name]) => name),
  }
}
