// Routes of the versions, of their services, and of the rules.

import type { VersionUse } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { type Openness, readOpenness } from '../../document/open.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { committed } from '../../wire/changes.ts'
import { changeQuery } from '../../wire/parts.ts'
import {
  rulesBody,
  rulesReply,
  servicesBody,
  servicesReply,
  type VersionReply,
  version,
  versionParams,
  versionsReply,
  withdrawBody,
} from '../../wire/versions.ts'
import type { Asker } from '../http/ask-control.ts'
import { commitChange, loadDocument } from '../http/current-document.ts'
import type { Failure } from '../http/problems.ts'
import { type Route, route } from '../http/route.ts'

export const VERSION_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/versions',
    scope: 'read',
    summary: 'All versions of the document, and how long they are kept',
    readsDocument: true,
    reply: versionsReply,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const uses = await loadUses(call)
      if (!uses.ok) return uses
      const { revision, document } = current.value
      const openness = readOpenness(document)
      const versions = Object.keys(document.versions).map((id) => {
        const found = toVersion(document, id, openness)
        return found && { ...found, ...toTold(uses.value.get(id)) }
      })
      return ok({ revision, body: { revision, versions } })
    },
  }),
  route({
    method: 'GET',
    path: '/versions/{version}',
    scope: 'read',
    summary: 'One version, and its record in the store',
    params: versionParams,
    readsDocument: true,
    failures: ['store_unavailable'],
    reply: version,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const found = toVersion(document, call.params.version, readOpenness(document))
      if (!found) return err({ kind: 'not_found' })
      const uses = await loadUses(call)
      if (!uses.ok) return uses
      const store = await call.openStore()
      if (!store.ok) return store
      const record = await store.value.readRecord(found.id)
      if (record === 'unavailable') return err({ kind: 'store_unavailable' })
      if (record === 'newer') return err({ kind: 'newer_schema' })
      const told = toTold(uses.value.get(found.id))
      const body = { ...found, ...told, record: record === 'missing' ? undefined : record }
      return ok({ revision, body })
    },
  }),
  route({
    method: 'GET',
    path: '/versions/{version}/services',
    scope: 'read',
    summary: 'The services of a version',
    params: versionParams,
    readsDocument: true,
    reply: servicesReply,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const found = toVersion(document, call.params.version, readOpenness(document))
      if (!found) return err({ kind: 'not_found' })
      return ok({ revision, body: { revision, services: found.services } })
    },
  }),
  route({
    method: 'PUT',
    path: '/versions/{version}/services',
    scope: 'publish',
    summary: 'Changes origins and limits of the services of a version; prefixes cannot change',
    params: versionParams,
    query: changeQuery,
    body: servicesBody,
    changes: 'document',
    reply: committed,
    handle: (call) =>
      commitChange(call, {
        kind: 'set-services',
        version: call.params.version,
        services: call.body.services,
      }),
  }),
  route({
    method: 'POST',
    path: '/withdraw',
    scope: 'shift',
    summary: 'Withdraws a version, so that nobody gets it, not even open tabs; `restore` undoes it',
    query: changeQuery,
    body: withdrawBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'withdraw' }),
  }),
  route({
    method: 'GET',
    path: '/rules',
    scope: 'read',
    summary: 'All rules, in their order',
    readsDocument: true,
    reply: rulesReply,
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
    summary: 'Replaces all rules',
    query: changeQuery,
    body: rulesBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'set-rules' }),
  }),
]

async function loadUses({
  ask,
  caller,
}: Asker): Promise<Result<ReadonlyMap<string, VersionUse>, Failure>> {
  const answer = await ask('none', (control) => control.versionUses(caller))
  if (!answer.ok) return answer
  return ok(new Map(answer.value.map((use) => [use.version, use])))
}

const NOT_USED: VersionReply['drain'] = {
  state: 'unused',
  why: 'it has only just been published',
  lastRequestAt: null,
  requestsLastHour: 0,
  tabs: null,
  drainedAt: null,
  services: [],
}

/** A version that was published after the document was read has no known use yet. */
function toTold(use: VersionUse | undefined) {
  return {
    retained: use?.retention ?? { why: 'new' as const },
    lastPointedAt: use?.lastPointedAt,
    drain: use?.drain ?? NOT_USED,
    record: use?.record,
  }
}

function toVersion(
  { versions, environments }: AssignmentsDocument,
  id: string,
  openness: ReadonlyMap<string, Openness>,
): Omit<VersionReply, 'retained' | 'drain'> | undefined {
  const found = Object.hasOwn(versions, id) ? versions[id] : undefined
  if (!found) return undefined
  const pointing = Object.entries(environments).filter(([, { version }]) => version === id)
  const { openIn = new Map(), isOpenAnywhere = false } = openness.get(id) ?? {}
  return {
    id,
    manifest: found.manifest,
    services: found.services ?? [],
    open: isOpenAnywhere || [...openIn.values()].some((by) => by !== 'host'),
    openIn: Object.fromEntries(openIn),
    withdrawn: found.withdrawn === true,
    published: found.published,
    ...(found.frameworkPin && { frameworkPin: found.frameworkPin }),
    ...(found.floor === undefined ? {} : { floor: found.floor }),
    environments: pointing.map(([name]) => name),
  }
}
